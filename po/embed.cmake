# SPDX-License-Identifier: Apache-2.0
# cmake -D LANGUAGES=es,ar -D FOLDER=DIR -P embed.cmake
# Turns DIR/es.mo and DIR/ar.mo into DIR/catalogues.c, the table that src/cli/catalogue.h declares.
# The same input gives the same bytes: no date, no path.
set(text "/* SPDX-License-Identifier: Apache-2.0 */\n/* Written by po/embed.cmake. */\n")
string(APPEND text "#include \"cli/catalogue.h\"\n")
string(REPEAT "0x..," 16 line)
set(rows "")
string(REPLACE "," ";" languages "${LANGUAGES}")
foreach(language IN LISTS languages)
  file(READ "${FOLDER}/${language}.mo" hex HEX)
  string(REGEX REPLACE "(..)" "0x\\1," bytes "${hex}")
  string(REGEX REPLACE "(${line})" "\\1\n" bytes "${bytes}")
  string(APPEND text "\nstatic const unsigned char ${language}[] = {\n${bytes}\n};\n")
  string(APPEND rows "    {\"${language}\", ${language}, sizeof ${language}},\n")
endforeach()
string(APPEND text "\nconst struct loom_catalogue loom_catalogues[] = {\n${rows}    {NULL, NULL, 0},\n};\n")
file(WRITE "${FOLDER}/catalogues.c" "${text}")
