# SPDX-License-Identifier: Apache-2.0
# cmake -D FOLDER=src/cli -D OUT=FILE -P completion.cmake
# Turns completion.bash, completion.zsh and completion.fish into the arrays that completion.h
# declares.
set(text "/* SPDX-License-Identifier: Apache-2.0 */\n/* Written by src/cli/completion.cmake. */\n")
string(APPEND text "#include \"cli/completion.h\"\n")
string(REPEAT "0x..," 16 line)
foreach(shell bash zsh fish)
  file(READ "${FOLDER}/completion.${shell}" hex HEX)
  string(REGEX REPLACE "(..)" "0x\\1," bytes "${hex}")
  string(REGEX REPLACE "(${line})" "\\1\n" bytes "${bytes}")
  string(APPEND text "\nconst char loom_completion_${shell}[] = {\n${bytes}0\n};\n")
endforeach()
file(WRITE "${OUT}" "${text}")
