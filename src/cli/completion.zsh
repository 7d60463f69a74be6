#compdef loom
# SPDX-License-Identifier: Apache-2.0
# zsh completion for loom, as `loom completion zsh` prints it: to be sourced, or a file _loom in a
# folder of $fpath.

# @TABLES@

# The addresses of the stored servers, from the program that is being called if its place is sure.
_loom_servers() {
    local program=${(Q)_loom_program/#\~\//$HOME/}
    local -a servers
    [[ $program == /* ]] || program=loom
    servers=(${(f)"$(command $program completion --servers </dev/null 2>/dev/null)"})
    compadd "$@" -a -- servers
}

_loom_commands() {
    _describe -t commands command _loom_command_list
}

_loom() {
    local _loom_program=$words[1] curcontext=$curcontext state line
    local -a _loom_global_options _loom_command_list _loom_own
    typeset -A opt_args
    _loom_tables
    _arguments -C -s -S : $_loom_global_options '1:command:_loom_commands' '*::argument:->behind' &&
        return
    [[ $state == behind ]] || return
    _loom_tables $words[1]
    _arguments -s -S : $_loom_global_options $_loom_own
}

if [[ ${funcstack[1]-} == _loom ]]; then
    _loom "$@"
elif (( ${+functions[compdef]} )); then
    compdef _loom loom
fi
