# Questions `ratings.*`: the Organized Crime Index by least squares with HC2 errors (sandwich) and shuffles within region; FATF
# ratings by proportional odds (ordinal::clm, MASS::polr) and shuffles of joining histories.

source("validation/r/common.R")
library(sandwich)
suppressMessages(library(ordinal))
DRAWS <- 19999

entry <- raw("programme_entry")
month_of <- function(date) {
  parts <- strsplit(paste0(date, "-07"), "-")
  ifelse(is.na(date), NA, 12 * as.numeric(sapply(parts, `[`, 1)) + as.numeric(sapply(parts, `[`, 2)) - 1)
}
entry$month <- month_of(as.character(entry$documented))

# --- Organized Crime Index: change 2021 to 2025 -----------------------------------------------------------------------
index <- panel("organized_crime_edition")
scores <- c(index_law_enforcement = "law_enforcement", index_judiciary = "judicial_system",
            index_cooperation = "international_cooperation")
for (name in names(scores)) {
  wide <- merge(index[index$edition == 2021, c("iso3", "region", scores[name])],
                index[index$edition == 2025, c("iso3", scores[name])], by = "iso3")
  names(wide) <- c("iso3", "region", "first", "last")
  wide$change <- wide$last - wide$first
  wide$tier <- entry$tier[match(wide$iso3, entry$iso3)]
  wide$joined <- as.numeric(!is.na(wide$tier) & wide$tier == "I")
  used <- wide[wide$region %in% wide$region[wide$joined == 1] & (wide$joined == 1 | is.na(wide$tier)), ]
  used <- used[order(used$iso3), ]
  fit <- lm(change ~ joined + region, used)
  error <- sqrt(vcovHC(fit, type = "HC2")["joined", "joined"])
  case <- paste0("ratings.", name)
  answer(case, "estimate", coef(fit)["joined"])
  answer(case, "std_error", error, package = "sandwich")
  answer(case, "n_obs", nrow(used))
  # The coefficient and its HC2 error of a treatment dealt out anew: what region explains is taken off first.
  inside <- function(v) v - ave(v, used$region)
  y <- inside(used$change)
  size <- ave(used$change, used$region, FUN = length)
  orders <- within_strata(used$region, DRAWS)
  t_of <- apply(orders, 1, function(o) {
    d <- inside(used$joined[o])
    slope <- sum(d * y) / sum(d^2)
    left <- y - slope * d
    leverage <- 1 / size + d^2 / sum(d^2)
    slope / (sqrt(sum(d^2 * left^2 / (1 - leverage))) / sum(d^2))
  })
  p <- rank_p(t_of)
  answer(case, "p_value", p, error_of(p, DRAWS))
}

# --- FATF ratings by years in the programme ---------------------------------------------------------------------------
evaluations <- panel("country_evaluations")
evaluations <- evaluations[order(evaluations$iso3, evaluations$evaluated), ]
evaluations <- evaluations[!duplicated(evaluations$iso3), ]
yearly <- panel("country_year")
before <- yearly[yearly$year == 2015, ]
evaluations$income <- log(before$gdp / before$population)[match(evaluations$iso3, before$iso3)]
evaluations$year <- as.numeric(substr(evaluations$evaluated, 1, 4))
evaluations$at <- month_of(evaluations$evaluated)
place <- match(evaluations$iso3, entry$iso3)
tier <- entry$tier[place]
when <- entry$month[place]
evaluations$joined <- ifelse(!is.na(tier) & tier == "I", when, Inf)
out <- (!is.na(tier) & tier == "I" & is.na(when)) | (!is.na(tier) & tier != "I" & !is.na(when) & when <= evaluations$at)
evaluations <- evaluations[!out & !is.na(evaluations$joined), ]
ratings <- c(fatf_prosecution = "io_7", fatf_confiscation = "io_8", fatf_cooperation = "io_2")
FATF_DRAWS <- 1999
for (name in names(ratings)) {
  used <- evaluations[!is.na(evaluations[[ratings[name]]]) & !is.na(evaluations$income), ]
  used$rating <- factor(used[[ratings[name]]])
  exposure_of <- function(order) pmax(used$at - used$joined[order], 0) / 12
  used$exposure <- exposure_of(seq_len(nrow(used)))
  # Regions as numbers about their mean: categories of nobody but one would stop the optimiser otherwise.
  fit <- clm(rating ~ exposure + region + income + I(year - 2018), data = used, control = clm.control(gradTol = 1e-10))
  case <- paste0("ratings.", name)
  answer(case, "estimate", exp(coef(fit)["exposure"]), package = "ordinal")
  answer(case, "n_obs", nrow(used))
  # Studentised scores: of each row's score in exposure, what thresholds and terms explain by the expected information is
  # taken off; the error is the root of the sum of squares.
  null <- clm(rating ~ region + income + I(year - 2018), data = used, control = clm.control(gradTol = 1e-10))
  x <- model.matrix(~ region + income + I(year - 2018), used)[, -1]
  eta <- drop(x %*% null$beta)
  theta <- null$alpha
  J <- length(theta)
  k <- as.integer(used$rating)
  upper <- cbind(sapply(theta, function(th) plogis(th - eta)), 1)
  lower <- cbind(0, upper[, 1:J])
  density <- function(z) { q <- plogis(z); q * (1 - q) }
  f <- cbind(0, sapply(theta, function(th) density(th - eta)), 0)
  chance <- upper - lower
  # Scores of every category: in the predictor, and in each threshold.
  n <- nrow(used)
  in_eta <- sapply(seq_len(J + 1), function(c) -(f[, c + 1] - f[, c]) / chance[, c])
  in_theta <- lapply(seq_len(J), function(j) sapply(seq_len(J + 1), function(c)
    (if (c == j) f[, j + 1] else 0) / chance[, c] - (if (c == j + 1) f[, j + 1] else 0) / chance[, c]))
  own <- cbind(seq_len(n), k)
  s <- cbind(sapply(in_theta, function(m) m[own]), in_eta[own] * x)
  # Expected information of thresholds and terms, and of these with a multiple of the predictor's score.
  pieces <- function(a, b) rowSums(a * b * chance)
  theta_theta <- matrix(0, J, J)
  for (i in seq_len(J)) for (j in seq_len(J)) theta_theta[i, j] <- sum(pieces(in_theta[[i]], in_theta[[j]]))
  theta_eta <- sapply(seq_len(J), function(j) pieces(in_theta[[j]], in_eta))
  eta_eta <- pieces(in_eta, in_eta)
  information <- rbind(cbind(theta_theta, crossprod(theta_eta, x)), cbind(crossprod(x, theta_eta), crossprod(x, eta_eta * x)))
  inverse <- solve(information)
  common <- cbind(theta_eta, eta_eta * x)
  explained <- s %*% inverse
  score_t <- function(z) {
    u <- z * in_eta[own] - drop(explained %*% crossprod(common, z))
    sum(u) / sqrt(sum(u^2))
  }
  orders <- within_strata(used$region, FATF_DRAWS)
  t_of <- apply(orders, 1, function(o) score_t(exposure_of(o)))
  p <- rank_p(t_of)
  answer(case, "p_value", p, error_of(p, FATF_DRAWS), package = "ordinal")
}
