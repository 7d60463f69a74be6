# SPDX-License-Identifier: Apache-2.0
# bash completion for loom, as `loom completion bash` prints it. It needs nothing but bash.

# @TABLES@

# The addresses of the stored servers, from the program that is being called if its place is sure.
_loom_servers() {
    local program=${COMP_WORDS[0]}
    # shellcheck disable=SC2088
    [[ $program != '~/'* ]] || program=$HOME/${program:2}
    [[ $program == /* ]] || program=loom
    command "$program" completion --servers </dev/null 2>/dev/null
}

# Offer those of some words that begin with what was typed. The shell replaces what stands behind
# the last character of COMP_WORDBREAKS, and reads what it gets once more: each word is cut there,
# and quoted. Behind a quote that was typed, only words that need none are offered.
_loom_offer() { # BEFORE TYPED QUOTE WORDS, one a line
    local typed=${2//\\/} breaks='' kept=$1${2//\\/} word whole
    [[ $COMP_WORDBREAKS != *:* ]] || breaks+=:
    [[ $COMP_WORDBREAKS != *=* ]] || breaks+='='
    if [[ $breaks ]]; then
        kept=${kept%"${kept##*["$breaks"]}"}
    else
        kept=''
    fi
    while IFS= read -r word; do
        [[ $word && ${word:0:${#typed}} == "$typed" ]] || continue
        if [[ ! $3 ]]; then
            whole=$1$word
            printf -v word %q "${whole:${#kept}}"
        elif [[ $word == *[!A-Za-z0-9:/._+-]* ]]; then
            continue
        fi
        COMPREPLY+=("$word")
    done <<<"$4"
}

_loom() {
    local IFS=$' \t\n' command='' option='' kind='' ended='' quote='' glue='' piece before='' i
    local -i arguments=0
    local -a words=()
    COMPREPLY=()

    # Where : and = break words, what was typed as one is several here.
    for ((i = 1; i <= COMP_CWORD; i++)); do
        piece=${COMP_WORDS[i]}
        if ((i == COMP_CWORD)); then
            case $piece in # what stands behind the cursor does not count
                [\'\"]*) quote=yes piece=${2-} ;;
                *[!:=]*) [[ $piece != "${2-}"* ]] || piece=${2-} ;;
            esac
        fi
        if ((${#words[@]} > 0)) && [[ $glue || $piece =~ ^[:=]+$ ]]; then
            words[${#words[@]} - 1]+=$piece
        else
            words+=("$piece")
        fi
        glue=''
        [[ ! $piece =~ ^[:=]+$ ]] || glue=yes
    done
    ((${#words[@]} > 0)) || return 0

    for ((i = 0; i < ${#words[@]} - 1; i++)); do
        if [[ $option ]]; then
            option=''
        elif [[ ! $ended && ${words[i]} == -- ]]; then
            ended=yes
        elif [[ $ended || ${words[i]} != -?* ]]; then
            [[ ! $command ]] || arguments+=1
            command=${command:-${words[i]}}
        elif [[ ${words[i]} != *=* ]]; then
            _loom_kind "$command" "${words[i]}"
            option=$kind
        fi
    done

    local typed=${words[${#words[@]} - 1]}
    kind=$option
    if [[ ! $option && ! $ended && $typed == --*=* ]]; then
        before=${typed%%=*}=
        typed=${typed#*=}
        _loom_kind "$command" "${before%=}"
    elif [[ ! $option && ! $ended && $typed == -* ]]; then
        _loom_options "$command"
    elif [[ ! $option && ! $command ]]; then
        kind=COMMANDS
    elif [[ ! $option ]] && ((arguments == 0)); then
        _loom_argument "$command"
    fi
    [[ $kind != COMMANDS ]] || _loom_commands
    case $kind in
        '' | NOTHING) ;;
        FILES) compopt -o default 2>/dev/null ;;
        SERVERS) _loom_offer "$before" "$typed" "$quote" "$(_loom_servers)" ;;
        *) _loom_offer "$before" "$typed" "$quote" "${kind// /$'\n'}" ;;
    esac
    return 0
}

complete -F _loom loom
