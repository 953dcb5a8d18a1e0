# functions.awk - functions longer than `max` lines: a body begins with "{" in column 1 and ends with "}" there.
/^\{/ { start = FNR; name = last }
/^\}/ { if (start && FNR - start > max) print FILENAME ": " name " has " FNR - start " lines"; start = 0 }
{ last = $0 }
