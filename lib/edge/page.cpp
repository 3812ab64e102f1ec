#include "edge/page.hpp"

// The path is from the project's root, where make runs the compiler.
asm(R"(
    .section .rodata
    .global stretto_page_html
    .global stretto_page_html_end
stretto_page_html:
    .incbin "lib/edge/page.html"
stretto_page_html_end:
    .byte 0
    .previous
)");
