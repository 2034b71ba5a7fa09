# What all scripts share: panels, published tables, and rows of answers.
#
# Scripts run from the checkout's root and print one row an answer: case, quantity, value, Monte Carlo error, package.
# Nothing of the Python package is used: samples are built anew from the panels, as docs/analysis_plan.toml words them.

panel <- function(name) only_csv(file.path("data", "processed", name))
raw <- function(name, vintage = NULL) {
  folder <- file.path("data", "raw", name)
  if (is.null(vintage)) only_csv(folder) else read_table(file.path(folder, paste0(vintage, ".csv")))
}
published <- function(name) read_table(file.path("tests", "data", "published", paste0(name, ".csv")))

only_csv <- function(folder) {
  found <- list.files(folder, pattern = "\\.csv$", full.names = TRUE)
  if (length(found) == 0) stop("no table in ", folder, call. = FALSE)
  read_table(tail(sort(found), 1))
}

# "NA" is Namibia's code in some tables: only an empty field is missing.
read_table <- function(path) {
  read.csv(path, na.strings = "", stringsAsFactors = FALSE, check.names = FALSE, encoding = "UTF-8")
}

answer <- function(case, quantity, value, error = 0, package = "base") {
  cat(sprintf("%s,%s,%.17g,%.6g,%s\n", case, quantity, value, error, package))
}

# Monte Carlo error of a p counted among so many draws.
error_of <- function(p, draws) sqrt(p * (1 - p) / draws)

# Two-sided rank of the first of a vector of statistics among all of them.
rank_p <- function(statistics) {
  mean(abs(statistics) >= abs(statistics[1]) * (1 - 1e-9))
}

# One row a permutation of 1..n within strata, the order as it is first.
within_strata <- function(strata, draws) {
  n <- length(strata)
  places <- split(seq_len(n), strata)
  orders <- matrix(seq_len(n), draws + 1, n, byrow = TRUE)
  for (draw in seq_len(draws) + 1) {
    for (own in places) if (length(own) > 1) orders[draw, own] <- sample(own)
  }
  orders
}

set.seed(20211212)
