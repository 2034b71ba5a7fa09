# Question `diversification.trend`: Hill numbers (vegan), least squares with country effects, errors CR2 with Satterthwaite's degrees of
# freedom (Bell and McCaffrey 2002; Pustejovsky and Tipton 2018), by their definition. And `match.growth_ratio`.

source("validation/r/common.R")
suppressMessages(library(vegan))

seized <- panel("seizures_country_year")
kept_years <- c(2012:2016, 2018:2022)

effective_numbers <- function(years) {
  window <- seized[seized$year %in% years, ]
  weights <- xtabs(kilograms ~ paste(iso3, year) + family, window)
  weights <- weights[rowSums(weights) > 0, ]
  key <- do.call(rbind, strsplit(rownames(weights), " "))
  kinds <- rowSums(rowsum(unclass(weights), key[, 1]) > 0)
  several <- key[, 1] %in% names(kinds)[kinds >= 3]
  data.frame(iso3 = key[several, 1], year = as.numeric(key[several, 2]),
             hill = exp(diversity(weights[several, ], "shannon")))
}

rows <- effective_numbers(kept_years)
# A country with one year says nothing of a change within countries.
rows <- rows[ave(rows$year, rows$iso3, FUN = length) > 1, ]
rows$later <- as.numeric(rows$year >= 2018)
answer("diversification.trend", "n_obs", nrow(rows))
answer("diversification.trend", "n_units", length(unique(rows$iso3)))
inside <- function(v) v - ave(v, rows$iso3)
x <- cbind(year = inside(rows$year), later = inside(rows$later))
y <- inside(log(rows$hill))
bread <- solve(crossprod(x))
beta <- drop(bread %*% crossprod(x, y))
answer("diversification.trend", "estimate", beta[1], package = "vegan")

# CR2 of the regression with a dummy for every country. What the dummies explain is orthogonal to x and adds a block of 1/n to
# the hat matrix of each country, on which x and residuals are nothing: the symmetric root is taken on the whole block.
members <- split(seq_len(nrow(rows)), rows$iso3)
adjusted <- lapply(members, function(g) {
  xg <- x[g, , drop = FALSE]
  hat <- xg %*% bread %*% t(xg) + 1 / length(g)
  e <- eigen(diag(length(g)) - hat, symmetric = TRUE)
  power <- ifelse(e$values > 1e-10, e$values^-0.5, 0)
  e$vectors %*% (power * t(e$vectors))
})
residual <- y - x %*% beta
meat <- Reduce(`+`, lapply(names(members), function(g) {
  s <- crossprod(x[members[[g]], , drop = FALSE], adjusted[[g]] %*% residual[members[[g]]])
  s %*% t(s)
}))
error <- sqrt((bread %*% meat %*% bread)[1, 1])
answer("diversification.trend", "std_error", error)
# Satterthwaite: the statistic's variance is a sum over countries of squares of linear forms p_g of the residuals' noise.
n <- nrow(rows)
dummies <- sapply(members, function(g) replace(numeric(n), g, 1 / sqrt(length(g))))
forms <- sapply(names(members), function(g) {
  own <- members[[g]]
  w <- drop(adjusted[[g]] %*% x[own, , drop = FALSE] %*% bread[, 1])
  p <- replace(numeric(n), own, w)
  p - x %*% (bread %*% crossprod(x, p)) - dummies %*% crossprod(dummies, p)
})
gram <- crossprod(forms)
df <- sum(diag(gram))^2 / sum(gram^2)
answer("diversification.trend", "p_value", 2 * pt(-abs(beta[1] / error), df))
answer("diversification.trend", "ci_low", beta[1] - qt(.975, df) * error)
answer("diversification.trend", "ci_high", beta[1] + qt(.975, df) * error)

# --- match.growth_ratio: yearly growth of pairs that met over that of effective numbers, 2018 to 2022 -------------------
events <- panel("cooperation_events")
events <- events[substr(events$date_start, 1, 7) <= "2024-04" & events$year >= 2018 & events$year <= 2022, ]
years <- 2018:2022
slope <- function(v) cov(years, log(v)) / var(years)
lists <- split(events, events$event)
pairs_of <- lapply(lists, function(e) if (length(unique(e$iso3)) > 1)
  combn(sort(unique(e$iso3)), 2, paste, collapse = " ") else character())
year_of <- sapply(lists, function(e) e$year[1])
met <- function(drawn) sapply(years, function(t) length(unique(unlist(pairs_of[drawn[year_of[drawn] == t]]))))
pairs <- slope(met(seq_along(lists)))
drugs <- effective_numbers(years)
table <- tapply(drugs$hill, list(drugs$iso3, drugs$year), mean)
kinds <- slope(colMeans(table, na.rm = TRUE))
answer("match.growth_ratio", "estimate", exp(pairs - kinds), package = "vegan")
DRAWS <- 4999
many <- numeric()
while (length(many) < DRAWS) {
  counts <- met(unique(sample(length(lists), replace = TRUE)))
  if (min(counts) > 0) many <- c(many, slope(counts))
}
some <- replicate(DRAWS, slope(colMeans(table[sample(nrow(table), replace = TRUE), ], na.rm = TRUE)))
total <- sqrt(var(many) + var(some))
# The error of a standard deviation from so many draws, normal or heavier: about 1 in root of twice their number.
answer("match.growth_ratio", "std_error", total, total / sqrt(2 * DRAWS) * 1.5)
