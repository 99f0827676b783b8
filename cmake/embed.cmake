# Writes ${OUT}: the text FILES as an array of base/embedded.h's EmbeddedFile. GCC takes raw string
# literals of any length, so no splitting is needed.
set(content "#include \"base/embedded.h\"\nnamespace clipcourier {\nextern const EmbeddedFile ${SYMBOL}[];\nextern const int ${SYMBOL}Count;\nconst EmbeddedFile ${SYMBOL}[] = {\n")
set(count 0)
foreach(file IN LISTS FILES)
  file(READ ${file} text)
  get_filename_component(name ${file} NAME)
  string(APPEND content "    {\"${name}\", R\"~~embed~~(${text})~~embed~~\"},\n")
  math(EXPR count "${count} + 1")
endforeach()
string(APPEND content "};\nconst int ${SYMBOL}Count = ${count};\n}  // namespace clipcourier\n")
file(WRITE ${OUT} "${content}")
