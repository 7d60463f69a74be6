#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Makes Debian packages of what a build folder would install: for cpack, which gives the arguments.
#
#     deb.sh BUILD_FOLDER OUT_FOLDER VERSION MAINTAINER HOMEPAGE
#
# Nothing is written but OUT_FOLDER, so that whoever may read a build may package it. The same sources
# give the same bytes: whoever builds, where, when, and under which umask, locale and time zone.
set -euo pipefail

build=$(cd -- "$1" && pwd -P)
out=$2 version=$3 maintainer=$4 homepage=$5
here=$(cd -- "$(dirname -- "${BASH_SOURCE[0]}")" && pwd -P)
root=$(cd -- "$here/../.." && pwd -P)

umask 022
export LC_ALL=C TZ=UTC

fail() {
    printf 'deb: %s\n' "$*" >&2
    exit 1
}

# The last commit says when; without git, the changelog, whose time an archive of the sources keeps.
if [[ -z ${SOURCE_DATE_EPOCH:-} && -e $root/.git ]]; then
    SOURCE_DATE_EPOCH=$(git -c "safe.directory=$root" -C "$root" log -1 --format=%ct 2>/dev/null) || true
fi
export SOURCE_DATE_EPOCH=${SOURCE_DATE_EPOCH:-$(stat -c %Y "$root/docs/CHANGELOG.md")}

readonly debian=$out/debian
machine=$(dpkg-architecture -qDEB_HOST_MULTIARCH)
rm -rf "$out"
mkdir -p "$debian"

# ---- What is in them ----

# Only the scripts of the parts: the one of the whole would write its list into the build folder.
install_component() { # COMPONENT PACKAGE
    local script
    while IFS= read -r script; do
        DESTDIR=$debian/$2 cmake -D CMAKE_INSTALL_PREFIX=/usr -D CMAKE_INSTALL_COMPONENT="$1" \
            -D CMAKE_INSTALL_DO_STRIP=1 -P "$script" >>"$out/install.log"
    done < <(sed -n 's/^ *include("\(.*\)")$/\1/p' "$build/cmake_install.cmake")
}

# CMake strips programs and libraries, but of the names of compilers, and no archives of objects.
strip_rest() { # TREE OBJECTS...
    local -a rest=(--remove-section=.comment --remove-section=.note)
    find "$1" -name '*.a' -exec strip --strip-debug "${rest[@]}" --enable-deterministic-archives {} +
    shift
    (($# == 0)) || strip --strip-unneeded "${rest[@]}" "$@"
}

compress_manual() { # TREE
    local link
    [[ -d $1/usr/share/man ]] || return 0
    find "$1/usr/share/man" -type f ! -name '*.gz' -exec gzip -9n {} +
    while IFS= read -r link; do
        [[ $link != *.gz ]] || continue
        ln -s "$(readlink "$link").gz" "$link.gz"
        rm "$link"
    done < <(find "$1/usr/share/man" -type l)
}

fill_in() { # FILE TARGET
    local text
    text=$(<"$here/$1")
    printf '%s\n' "${text//@MAINTAINER@/"$maintainer"}" >"$2"
}

write_documents() { # TREE PACKAGE
    local documents=$1/usr/share/doc/$2
    mkdir -p "$documents"
    fill_in copyright "$documents/copyright"
    gzip -9nc "$debian/changelog" >"$documents/changelog.gz"
    [[ $2 != loom ]] || gzip -9nc "$root/docs/CHANGELOG.md" >"$documents/CHANGELOG.md.gz"
}

write_changelog() {
    cat >"$debian/changelog" <<END
loom ($version) unstable; urgency=medium

  * Packages of loom $version. What changed for those who use it stands in
    CHANGELOG.md.gz beside this file.

 -- $maintainer  $(date -R -d "@$SOURCE_DATE_EPOCH")
END
}

# ---- What they need ----

objects() { # TREE: programs and libraries that are linked dynamically
    local file
    while IFS= read -r file; do
        ! readelf -d "$file" 2>/dev/null | grep -q '(NEEDED)' || printf '%s\n' "$file"
    done < <(find "$1" -type f \( -name '*.so*' -o -perm -u+x \) | sort)
}

package_of() { # LIBRARY: of the package that brings the file
    { dpkg-query -S "/usr/lib/$machine/$1" "/lib/$machine/$1" 2>/dev/null || true; } | sed -n '1s/:.*//p'
}

# What is opened at first use stands in the objects themselves, each with how much it is needed
# ("ELF dlopen metadata" of uapi-group.org): {... "priority":"required","soname":["libx.so.1"]}
opened() { # OBJECTS...: lines "PRIORITY SONAME"
    local object note priority soname
    for object; do
        while IFS= read -r note; do
            priority=$(sed -n 's/.*"priority":"\([a-z]*\)".*/\1/p' <<<"$note")
            while IFS= read -r soname; do
                printf '%s %s\n' "${priority:-recommended}" "$soname"
            done < <(sed -n 's/.*"soname":\[\([^]]*\)\].*/\1/p' <<<"$note" | tr -d '" ' | tr ',' '\n')
        done < <(readelf -W -p .note.dlopen "$object" 2>/dev/null | grep -o '{[^{}]*}')
    done | sort -u
}

write_opened() { # VARIABLES OBJECTS...
    local variables=$1 priority soname package
    local -A fields=([required]=Depends [recommended]=Recommends [suggested]=Suggests) found=()
    shift
    while read -r priority soname; do
        package=$(package_of "$soname")
        [[ -n $package ]] || fail "$soname is opened at first use, and no package here brings it"
        [[ -n ${fields[$priority]:-} ]] || fail "$soname: what is \"$priority\"?"
        found[${fields[$priority]}]+="${found[${fields[$priority]}]:+, }$package"
    done < <(opened "$@")
    for priority in Depends Recommends Suggests; do
        printf 'dlopen:%s=%s\n' "$priority" "${found[$priority]:-}"
    done >>"$variables"
}

# A static library needs the development files of what the shared one links.
write_static() { # VARIABLES TREE
    local name package required=
    while IFS= read -r name; do
        package=$(package_of "lib$name.so")
        package=${package:-$(package_of "lib$name.a")}
        [[ -n $package ]] || fail "-l$name is linked, and no package here brings it"
        # Whoever compiles has the C library's.
        [[ $package == libc6-dev ]] || required+="${required:+, }$package"
    done < <(sed -n 's/^Libs\.private: *//p' "$2"/usr/lib/*/pkgconfig/*.pc 2>/dev/null |
        tr ' ' '\n' | sed -n 's/^-l//p')
    printf 'static:Depends=%s\n' "$required" >>"$1"
}

write_library() { # TREE PACKAGE: what others learn of a shared library
    local tree=$1 package=$2 soname
    soname=$(find "$tree" -name '*.so.*' -type f -exec readelf -d {} + |
        sed -n 's/.*(SONAME).*\[\(.*\)\]/\1/p')
    [[ ${soname/.so./} == "$package" ]] || fail "$package holds $soname"
    printf '%s %s %s (>= %s)\n' "${soname%.so.*}" "${soname##*.so.}" "$package" "$version" \
        >"$tree/DEBIAN/shlibs"
    printf 'activate-noawait ldconfig\n' >"$tree/DEBIAN/triggers"
    # -c4: a symbol that is new or gone is a mistake until it stands in the list.
    dpkg-gensymbols -c4 "-p$package" "-P$tree" "-v$version" "-I$here/$package.symbols" \
        "-O$tree/DEBIAN/symbols" >>"$out/install.log"
}

# ---- Making one ----

make_package() { # PACKAGE
    local package=$1
    local tree=$debian/$package variables=$debian/$package.substvars
    local -a found=() more=()
    [[ -z $homepage ]] || more+=("-DHomepage=$homepage")
    mapfile -t found < <(objects "$tree")
    strip_rest "$tree" "${found[@]}"
    compress_manual "$tree"
    write_documents "$tree" "$package"
    mkdir "$tree/DEBIAN"
    printf 'misc:Depends=\nmisc:Pre-Depends=\n' >"$variables"
    ((${#found[@]} == 0)) || (cd "$out" && dpkg-shlibdeps "-T$variables" "${found[@]}" 2>>"$out/install.log")
    write_opened "$variables" "${found[@]}"
    write_static "$variables" "$tree"
    [[ $package != lib*[0-9] ]] || write_library "$tree" "$package"
    (cd "$tree" && find usr -type f -print0 | sort -z | xargs -0 md5sum) >"$tree/DEBIAN/md5sums"
    (cd "$out" && dpkg-gencontrol "-p$package" "-P$tree" "-T$variables" "-n$package" "${more[@]}" \
        2>>"$out/install.log")
    chmod -R u=rwX,go=rX "$tree"
    find "$tree" -exec touch -h -d "@$SOURCE_DATE_EPOCH" {} +
    dpkg-deb --root-owner-group -Zxz --threads-max=1 --build "$tree" "$out" >>"$out/install.log"
}

fill_in control "$debian/control"
write_changelog
while read -r component package; do
    install_component "$component" "$package"
    # A part that nobody installs makes no package.
    [[ ! -d $debian/$package ]] || make_package "$package"
done <<'END'
program loom
library libloom-credentials0
development libloom-credentials-dev
END
