# Question `routes.overlap`: quasi-independence by loglin, correlations of Pearson residuals, and tables drawn with margins held by
# exchanging destinations between random pairs of cases (a chain; the diagonal stays empty).

source("validation/r/common.R")
DRAWS <- 1999
BURN_IN <- 200
THINNING <- 10

routes <- panel("routes_year")
between <- routes[routes$ends == "two countries" & routes$year >= 2011 & routes$year <= 2016, ]
totals <- tapply(between$cases, between$family, sum)
drugs <- names(totals)[totals >= 100]
between <- between[between$family %in% drugs, ]
answer("routes.overlap", "n_obs", sum(between$cases))
answer("routes.overlap", "n_units", length(unique(between$seizing)))

one <- between[rep(seq_len(nrow(between)), between$cases), ]
drug <- match(one$family, drugs)
from <- one$departure
to <- one$destination
places <- sort(unique(c(from, to)))
n <- length(places)
from <- match(from, places)
to <- match(to, places)

# Means of the Poisson model with an effect of every departure and every destination, nothing going from a place to itself.
means <- lapply(seq_along(drugs), function(d) {
  table <- matrix(tabulate(from[drug == d] + n * (to[drug == d] - 1), n * n), n)
  rows <- rowSums(table) > 0
  columns <- colSums(table) > 0
  start <- 1 - diag(n)[rows, columns, drop = FALSE]
  fit <- matrix(0, n, n)
  fit[rows, columns] <- loglin(table[rows, columns, drop = FALSE], list(1, 2), start = start, fit = TRUE, print = FALSE,
                               eps = 1e-9, iter = 5000)$fit
  fit
})
pairs <- combn(length(drugs), 2)
common <- lapply(seq_len(ncol(pairs)), function(k) which(means[[pairs[1, k]]] > 1e-12 & means[[pairs[2, k]]] > 1e-12))
kept <- sapply(common, length) >= 3
statistic <- function(to) {
  left <- lapply(seq_along(drugs), function(d) {
    table <- tabulate(from[drug == d] + n * (to[drug == d] - 1), n * n)
    (table - means[[d]]) / sqrt(means[[d]])
  })
  mean(sapply(which(kept), function(k) {
    a <- left[[pairs[1, k]]][common[[k]]]
    b <- left[[pairs[2, k]]][common[[k]]]
    if (sd(a) < 1e-6 || sd(b) < 1e-6) NA else cor(a, b)
  }), na.rm = TRUE)
}
observed <- statistic(to)

table_of <- as.integer(factor(paste(one$seizing, drug)))
cases <- length(to)
sweep <- function(to) {
  order <- order(table_of, runif(cases))
  first <- order[-cases]
  second <- order[-1]
  # Neighbours of one table, every other of them, so that no case is in two pairs.
  place <- seq_along(first)
  rank_in_table <- place - match(table_of[first], table_of[first])
  able <- table_of[first] == table_of[second] & rank_in_table %% 2 == sample(0:1, 1) &
    from[first] != to[second] & from[second] != to[first] & runif(length(first)) < 0.5
  a <- first[able]
  b <- second[able]
  to[c(a, b)] <- to[c(b, a)]
  to
}
for (i in seq_len(BURN_IN)) to <- sweep(to)
null <- replicate(DRAWS, { for (i in seq_len(THINNING)) to <<- sweep(to); statistic(to) })
# Neighbouring draws of a chain are not independent: its error is that of the means of batches.
batches <- matrix(null[seq_len(20 * (DRAWS %/% 20))], ncol = 20)
answer("routes.overlap", "estimate", observed - mean(null), sd(colMeans(batches)) / sqrt(20))
far <- abs(null - mean(null)) >= abs(observed - mean(null))
p <- (1 + sum(far)) / (1 + DRAWS)
by_batch <- colMeans(matrix(far[seq_len(20 * (DRAWS %/% 20))], ncol = 20))
answer("routes.overlap", "p_value", p, sd(by_batch) / sqrt(20))
