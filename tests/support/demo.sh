#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# The tour behind ./dev demo: demo.sh BUILD_FOLDER [--unattended]
#
# A server, a home folder and a certificate authority are made in one temporary folder and go with
# it, however this ends. Nothing outside of it is written, no system service is started, and every
# wait has an end.
set -euo pipefail

build=$(cd -- "$1" && pwd -P)
shift

is_attended=yes
[[ -t 0 && -t 2 && -z ${CI:-} ]] || is_attended=no
while (($# > 0)); do
    case $1 in
        --unattended) is_attended=no ;;
        *)
            printf 'demo: "%s" is not an option; there is --unattended\n' "$1" >&2
            exit 2
            ;;
    esac
    shift
done

readonly loom=$build/loom server=$build/tests/server/loom-dev-server
readonly login_max_s=660 git_max_s=60 ready_max_s=10

# ---- A place of its own ----

# Proxies, other certificate authorities, other helpers: what is set for the person stays out.
for name in $(compgen -e); do
    case $name in
        PATH | TERM | COLORTERM | NO_COLOR | LANG | LANGUAGE | LC_* | TMPDIR | CI) ;;
        SSH_CONNECTION | SSH_TTY | DISPLAY | WAYLAND_DISPLAY) ;;
        DBUS_SESSION_BUS_ADDRESS | XDG_RUNTIME_DIR) ;; # the way to the system keyring
        *) unset "$name" 2>/dev/null || true ;;
    esac
done

place=$(mktemp -d "${TMPDIR:-/tmp}/loom-demo.XXXXXX")
server_id=
is_signed_in=no

clean_up() {
    trap - EXIT INT TERM HUP
    # The system keyring outlives the temporary folder: nothing of the demo stays in it.
    if [[ $is_signed_in == yes ]]; then
        timeout 15 "$loom" logout --quiet --server "$url" >/dev/null 2>&1 || true
    fi
    if [[ -n $server_id ]]; then
        kill "$server_id" 2>/dev/null || true
        # It has two seconds to end by itself.
        local deadline=$((SECONDS + 2))
        while ((SECONDS < deadline)) && kill -0 "$server_id" 2>/dev/null; do
            sleep 0.05
        done
        kill -KILL "$server_id" 2>/dev/null || true
        wait "$server_id" 2>/dev/null || true
    fi
    cd /
    rm -rf "$place"
}
trap clean_up EXIT
trap 'exit 130' INT
trap 'exit 143' TERM
trap 'exit 129' HUP

mkdir -m 700 "$place/home" "$place/repos"
export HOME=$place/home
export GIT_CONFIG_GLOBAL=$HOME/.gitconfig GIT_CONFIG_NOSYSTEM=1 GIT_TERMINAL_PROMPT=0
export PATH=$build:$PATH
cd "$place/home"

# ---- Telling ----

bold='' plain=''
if [[ -t 1 && -z ${NO_COLOR:-} && ${TERM:-dumb} != dumb ]]; then
    bold=$'\033[1m' plain=$'\033[0m'
fi
number=0

step() { # TITLE, then the explanation on standard input
    number=$((number + 1))
    printf '\n%s%d. %s%s\n\n' "$bold" "$number" "$1" "$plain"
    cat
    printf '\n'
}

show() { # COMMAND...: as the reader could type it
    local word line=
    for word; do
        if [[ $word =~ ^[A-Za-z0-9_./:=@,+-]+$ ]]; then
            line+=" $word"
        else
            line+=" '${word//\'/\'\\\'\'}'"
        fi
    done
    printf '  %s$%s%s\n' "$bold" "$line" "$plain"
}

stop() {
    printf '\nThe demo stopped: %s\n' "$*" >&2
    exit 1
}

run() { # COMMAND...: show it, then do it
    show "$@"
    timeout --foreground "$git_max_s" "$@" || stop "that command did not work (status $?)."
}

# ---- The steps ----

make_certificate() {
    local -a days=(-days 2)
    openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes "${days[@]}" \
        -subj '/CN=Throw-away authority of the loom demo' -keyout ca.key -out ca.crt \
        -addext basicConstraints=critical,CA:TRUE -addext keyUsage=critical,keyCertSign
    openssl req -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -subj /CN=localhost \
        -keyout server.key -out server.csr
    printf 'subjectAltName=DNS:localhost,IP:127.0.0.1\nbasicConstraints=CA:FALSE\n' >server.ext
    openssl x509 -req -in server.csr -CA ca.crt -CAkey ca.key -CAcreateserial "${days[@]}" \
        -extfile server.ext -out server.crt
}

make_repository() {
    local bare=$place/repos/ada/hello.git
    git init --quiet --bare --initial-branch=main "$bare"
    git init --quiet --initial-branch=main "$place/seed"
    printf '# Hello\n' >"$place/seed/README.md"
    git -C "$place/seed" add README.md
    git -C "$place/seed" -c user.name=Ada -c user.email=ada@example.com commit --quiet -m 'Say hello'
    git -C "$place/seed" push --quiet "$bare" main
    rm -rf "$place/seed"
}

start_server() {
    local -a options=(--cert "$place/server.crt" --key "$place/server.key" --repos "$place/repos"
        --ready "$place/ready" --log "$place/server.log" --name 'Ada Lovelace' --username ada)
    [[ $is_attended == yes ]] || options+=(--approve-after 2)
    "$server" "${options[@]}" </dev/null >"$place/server.out" 2>&1 &
    server_id=$!
    local deadline=$((SECONDS + ready_max_s))
    until [[ -s $place/ready ]]; do
        if ((SECONDS >= deadline)) || ! kill -0 "$server_id" 2>/dev/null; then
            cat "$place/server.out" >&2
            stop "the development server did not start."
        fi
        sleep 0.05
    done
    url=$(head -n 1 "$place/ready")
}

prepare() {
    (cd "$place" && make_certificate) >"$place/openssl.out" 2>&1 || {
        cat "$place/openssl.out" >&2
        stop "no certificate could be made."
    }
    cp "$place/ca.crt" "$HOME/ca.crt"
    make_repository
    start_server
    git config --global user.name 'Ada Lovelace'
    git config --global user.email ada@example.com
}

sign_in() {
    local -a command=(loom login --server "$url" --cacert ca.crt)
    [[ $is_attended == yes ]] || command+=(--no-browser)
    show "${command[@]}"
    is_signed_in=yes # or perhaps not; signing out then finds nothing
    timeout --foreground "$login_max_s" "${command[@]}" || stop "the sign-in did not work (status $?)."
}

# What git would be told; only ever read by another program.
token() {
    printf 'protocol=https\nhost=%s\n\n' "${url#https://}" | loom credential-helper get |
        sed -n 's/^password=//p'
}

readonly stored_file=.config/loom/credentials.json

explain_place() {
    if [[ -e $stored_file ]]; then
        cat <<END
The server gave loom a token. It lies encrypted in one file, its key in another
folder, and only you may read either. A search of the whole home folder for the
token itself finds nothing.
END
    else
        cat <<END
The server gave loom a token. It lies in your system keyring, as the item

  Loom: $url

and goes from there when the demo signs out. No file holds it: a search of the
whole home folder finds nothing.
END
    fi
}

look_for_token() {
    if [[ -e $stored_file ]]; then
        run ls -l "$stored_file" .local/share/loom/vault.key
        [[ $(stat -c %a "$stored_file") == 600 ]] || stop "the file can be read by others."
    fi
    [[ -n $(token) ]] || stop "git would get no token."
    show grep -rF THE-TOKEN .
    if grep -rqF -f <(token) .; then
        stop "the token lies readable in the home folder."
    fi
    printf '  (nothing found)\n'
}

push() {
    run git clone "$url/git/ada/hello.git"
    printf "  %s$ echo 'Signed in, and it works.' >>hello/README.md%s\n" "$bold" "$plain"
    echo 'Signed in, and it works.' >>hello/README.md
    run git -C hello commit --all --quiet --message 'Say that it works'
    run git -C hello push origin main
    local subject
    subject=$(git -C "$place/repos/ada/hello.git" log -1 --format=%s main)
    [[ $subject == 'Say that it works' ]] || stop "the commit did not reach the server."
    printf '\nThe newest commit on the server is now: %s\n' "$subject"
}

# curl reads the header that is made of the token, and the server says whose it is.
ask_as_program() {
    printf '  %s$ loom token --server %s --format header |\n' "$bold" "$url"
    printf '        curl --cacert ca.crt --header @- %s/auth/me%s\n' "$url" "$plain"
    loom token --server "$url" --format header |
        curl --silent --show-error --fail --max-time "$git_max_s" --cacert ca.crt --header @- "$url/auth/me" ||
        stop "the program was not let in."
    printf '\n'
}

expect_refusal() {
    show git -C hello fetch
    if timeout "$git_max_s" git -C hello fetch </dev/null; then
        stop "git was let in without a sign-in."
    fi
    printf '\nThat is how it should be: nobody is signed in, so git is not let in.\n'
}

[[ -x $loom && -x $server ]] || stop "build first: ./dev build does that."

prepare
step 'A Loom server of your own' <<END
A small Loom server for development has been started on this machine, at

  $url

It listens on loopback alone, with a certificate that was made a moment ago by an
authority of its own, ca.crt. It holds one repository, ada/hello.git. Everything
that follows happens in a temporary home folder:

  $HOME
END
run loom --version

if [[ $is_attended == yes ]]; then
    step 'Sign in' <<END
Now you. Open the page that is shown below, type the code, and approve. Your
browser will warn you of a certificate that it does not know; for this server,
and only here, go on. --cacert tells loom about that authority. (If you have no
browser at hand, stop with Ctrl-C and use: ./dev demo --unattended)
END
else
    step 'Sign in' <<END
A person would open the page that is shown below and type the code. Here nobody
is, so the server approves by itself after two seconds. --cacert tells loom about
the authority that signed the server's certificate.
END
fi
sign_in

step 'Where the token lives' < <(explain_place)
look_for_token

step 'Let git in' <<END
git asks a credential helper when a server wants a password. This makes loom the
helper for this one server, and git trust the same authority.
END
run loom setup-git --server "$url"
printf '\nClone and push as ever. Nobody asks for a password.\n\n'
push

step 'Ask how things stand, and let a program in' <<END
Where are you signed in, and is that still good? The server is asked, too.
END
run loom status
printf '\nA program gets the token by a pipe, where nobody else sees it.\n\n'
ask_as_program

step 'Sign out' <<END
Signing out ends the session on the server first, and then forgets it here.
END
run loom logout --server "$url"
is_signed_in=no
printf '\n'
expect_refusal

printf '\n%sDone.%s The server is stopped and the temporary folder removed.\n' "$bold" "$plain"
