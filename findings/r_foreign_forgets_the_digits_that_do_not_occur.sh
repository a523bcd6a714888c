#!/usr/bin/env bash
# Guess: an ARFF file lists the ten digits in its header, so that R reads the
# labels of a test file without a 2 as ten classes, numbered as in training.
# Outcome: R's package foreign writes all ten into the header, and forgets
# them on reading: the classes are those that occur. Without a 2, as.integer
# numbers every digit from 3 on one lower, without a word. (An order other
# than the alphabet's is forgotten as well.)
# Debian 12's version. R needs root to be installed, unless it is there.
set -euo pipefail
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
if ! Rscript -e 'library(foreign)' >/dev/null 2>&1; then
    apt-get update -qq
    apt-get install -y -qq --no-install-recommends r-base-core \
        r-cran-foreign=0.8.84-1 >"$dir/apt.txt" 2>&1
fi
cd "$dir"
cat >labels.R <<'R'
library(foreign)
stopifnot(packageVersion("foreign") == "0.8.84")

digits <- c(7, 1, 0, 4, 9, 3)
test <- data.frame(ink = 1:6, digit = factor(digits, levels = 0:9))
write.arff(test, "test.arff")
again <- read.arff("test.arff")

cat("foreign", format(packageVersion("foreign")), "\n")
cat(grep("digit", readLines("test.arff"), value = TRUE), "\n")
cat("classes written:", levels(test$digit), "\n")
cat("classes read:   ", levels(again$digit), "\n")
written <- as.integer(test$digit) - 1
read <- as.integer(again$digit) - 1
cat("numbers written:", written, "\n")
cat("numbers read:   ", read, "\n")
same <- all(written == digits) && all(read == c(4, 1, 0, 3, 5, 2))
quit(status = if (same) 0 else 1)
R
Rscript --vanilla labels.R
