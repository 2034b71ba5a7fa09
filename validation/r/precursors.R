# Questions `precursors.*`: segmented Poisson regression with State effects (glm, sandwich) and its rank among placebo dates; the partial
# rank correlation and the wild bootstrap of its scores by country.

source("validation/r/common.R")
library(sandwich)

# --- precursors.un_2022_level -------------------------------------------------------------------------------------------
reports <- panel("halfyear_state")
reports <- reports[reports$half_year <= "2024H2" & !is.na(reports$reports_family) & reports$reports_family > 0, ]
reports <- reports[ave(reports$reports_4anpp, reports$state, FUN = sum) > 0, ]
halves <- sort(unique(reports$half_year))
reports$t <- match(reports$half_year, halves)
reports$second_half <- as.numeric(grepl("H2$", reports$half_year))
starts <- match(c("2020H2", "2023H1", "2023H2"), halves)
tested <- 2
last <- length(halves)

# A slope cannot be told from the next event's level, or from the end, one period on.
design_of <- function(starts) {
  terms <- list(t = reports$t, second_half = reports$second_half)
  ordered <- sort(starts)
  for (k in seq_along(ordered)) {
    after <- if (k < length(ordered)) ordered[k + 1] else last + 1
    terms[[paste0("level", ordered[k])]] <- as.numeric(reports$t >= ordered[k])
    if (after - ordered[k] > 1) terms[[paste0("slope", ordered[k])]] <- pmax(reports$t - ordered[k], 0)
  }
  as.data.frame(terms)
}
fitted_to <- function(starts) {
  glm(reports_4anpp ~ . - state - exposure + factor(state) + offset(log(exposure)), poisson,
      cbind(reports[c("reports_4anpp", "state")], exposure = reports$reports_family, design_of(starts)),
      control = glm.control(epsilon = 1e-13, maxit = 100))
}
fit <- fitted_to(starts)
level <- paste0("level", starts[tested])
case <- "precursors.un_2022_level"
answer(case, "estimate", exp(coef(fit)[level]))
answer(case, "n_obs", nrow(reports))
answer(case, "n_units", length(unique(reports$state)))
slopes <- ncol(design_of(starts))
scores <- rowsum(estfun(fit)[, !grepl("state|Intercept", names(coef(fit)))], reports$state)
# G / (G - 1) (n - 1) / (n - k), k the terms without the effects of States.
v <- vcov(fit)
keep <- !grepl("state|Intercept", names(coef(fit)))
g <- nrow(scores)
n <- nrow(reports)
clustered <- v[keep, keep] %*% crossprod(scores) %*% v[keep, keep] * g / (g - 1) * (n - 1) / (n - slopes)
answer(case, "std_error", sqrt(clustered[level, level]), package = "sandwich")
others <- setdiff(3:last, starts[-tested])
levels <- sapply(others, function(at) {
  moved <- replace(starts, tested, at)
  f <- fitted_to(moved)
  coef(f)[paste0("level", at)]
})
levels <- levels[!is.na(levels)]
answer(case, "p_value", mean(abs(levels) >= abs(coef(fit)[level]) * (1 - 1e-9)))

# --- precursors.rank_correlation -----------------------------------------------------------------------------------------
DRAWS <- 99999
seized <- panel("seizures_country_year")
seized <- seized[seized$year %in% c(2012:2016, 2018:2022), ]
made <- c("cocaine", "heroin", "amphetamine", "methamphetamine", "ecstasy", "amphetamine-type stimulants")
is_precursor <- seized$is_precursor == "True"
sum_of <- function(rows, name) setNames(aggregate(kilograms ~ iso3 + year, seized[rows, ], sum), c("iso3", "year", name))
table <- merge(merge(
  sum_of(!is.na(seized$makes) & seized$makes %in% c("cocaine", "heroin", "amphetamine-type stimulants"), "precursors"),
  sum_of(!is_precursor & seized$family %in% made, "drugs")), sum_of(seized$family == "cannabis", "cannabis"))
case <- "precursors.rank_correlation"
answer(case, "n_obs", nrow(table))
answer(case, "n_units", length(unique(table$iso3)))
z <- rank(table$cannabis)
standard <- function(v) v / sqrt(mean(v^2))
x <- standard(resid(lm(rank(table$precursors) ~ z)))
y <- standard(resid(lm(rank(table$drugs) ~ z)))
answer(case, "estimate", mean(x * y))
s <- rowsum(x * y, table$iso3)[, 1]
h <- rowsum(x^2, table$iso3)[, 1]
t_of <- function(sums) {
  slope <- colSums(sums) / sum(h)
  slope / sqrt(colSums((sums - outer(h, slope))^2)) * sum(h)
}
slope <- sum(s) / sum(h)
correction <- length(s) / (length(s) - 1)
answer(case, "std_error", sqrt(sum((s - h * slope)^2)) / sum(h))
signs <- matrix(sample(c(-1, 1), length(s) * DRAWS, replace = TRUE), length(s))
p <- rank_p(c(t_of(matrix(s)), t_of(signs * s)))
answer(case, "p_value", p, error_of(p, DRAWS))
