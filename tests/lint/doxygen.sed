# For doxygen 1.9.4, which knows no address of a heading: links within a page become their text.
s/\[([^]]*)\]\(#[^)]*\)/\1/g
