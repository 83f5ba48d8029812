# Writes OUTPUT: one C byte array for each CSV file below POLICY_DIR, and the list km_builtin_policy of all of them.
# Byte arrays rather than string literals, which are not portable above 64 KiB.
file(GLOB_RECURSE files RELATIVE ${POLICY_DIR} ${POLICY_DIR}/*.csv)
list(SORT files)
set(arrays "")
set(entries "")
set(index 0)
foreach(file IN LISTS files)
    file(READ ${POLICY_DIR}/${file} hex HEX)
    string(REGEX REPLACE "([0-9a-f][0-9a-f])" "0x\\1," bytes "${hex}")
    string(APPEND arrays "static const unsigned char file_${index}[] = {${bytes}0};\n")
    string(APPEND entries "    {\"${file}\", file_${index}, sizeof file_${index} - 1},\n")
    math(EXPR index "${index} + 1")
endforeach()
file(WRITE ${OUTPUT} "/* Generated from data/policy by lib/cmake/embed_policy.cmake. */
#include \"engine/policy/builtin.h\"

${arrays}
const km_builtin_file km_builtin_policy[] = {
${entries}    {NULL, NULL, 0},
};
")
