# SPDX-License-Identifier: Apache-2.0
# fish completion for loom, as `loom completion fish` prints it.

# The command and its arguments so far, without options and their values.
function __loom_words
    set -l tokens (commandline -opc)
    set -e tokens[1]
    set -l is_value no
    set -l has_ended no
    for token in $tokens
        if test $is_value = yes
            set is_value no
        else if test $has_ended = yes
            echo -- $token
        else if test "$token" = --
            set has_ended yes
        else if not string match -q -- '-?*' $token
            echo -- $token
        else if contains -- $token $__loom_valued
            set is_value yes
        end
    end
end

# Is this the command so far?
function __loom_in
    set -l words (__loom_words)
    test "$words[1]" = "$argv[1]"
end

# Is this the command so far, and its first argument next?
function __loom_at
    set -l words (__loom_words)
    test (count $words) -eq 1 -a "$words[1]" = "$argv[1]"
end

function __loom_nowhere
    test (count (__loom_words)) -eq 0
end

# The addresses of the stored servers, from the program that is being called if its place is sure.
function __loom_servers
    set -l program (commandline -opc)[1]
    set program (string replace -r '^~/' "$HOME/" -- $program)
    string match -q -- '/*' $program
    or set program loom
    command $program completion --servers </dev/null 2>/dev/null
end

# @TABLES@
