# Versions of R and of the packages named.
cat(sprintf("R,%s\n", getRversion()))
for (name in commandArgs(TRUE)) cat(sprintf("%s,%s\n", name, packageVersion(name)))
