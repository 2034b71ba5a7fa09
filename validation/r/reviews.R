# Question `reviews.rule_of_law`: complementary log-log hazard by year at risk, a level for each year, errors by State (sandwich).

source("validation/r/common.R")
library(sandwich)

second <- panel("reviews")
second <- second[second$cycle == 2 & !is.na(second$rule_of_law), ]
second$from <- pmax(second$first_year, 2015)
second$to <- ifelse(is.na(second$year), second$censoring_year, second$year)
second$done <- second$is_complete == "True"
rows <- do.call(rbind, lapply(seq_len(nrow(second)), function(i) {
  at_risk <- 0:(second$to[i] - second$from[i])
  data.frame(iso3 = second$iso3[i], period = at_risk, x = second$rule_of_law[i],
             happened = as.numeric(second$done[i] & at_risk == max(at_risk)))
}))
answer("reviews.rule_of_law", "n_obs", nrow(rows))
# Years in which nobody, or everybody, at risk publishes say nothing of the indicator.
share <- tapply(rows$happened, rows$period, mean)
used <- rows[rows$period %in% names(share)[share > 0 & share < 1], ]
# Per standard deviation: the indicator is published in units of one.
fit <- glm(happened ~ x + factor(period), binomial("cloglog"), used, control = glm.control(epsilon = 1e-14, maxit = 100))
# The bread is the observed information: with this link it differs from the expected one, which sandwich would take.
x <- model.matrix(fit)
log_likelihood <- function(b) {
  hazard <- 1 - exp(-exp(drop(x %*% b)))
  sum(log(ifelse(used$happened == 1, hazard, 1 - hazard)))
}
bread <- solve(-optimHess(coef(fit), log_likelihood, control = list(ndeps = rep(1e-4, ncol(x)))))
scores <- rowsum(estfun(fit), used$iso3)
correction <- nrow(scores) / (nrow(scores) - 1) * (nrow(x) - 1) / (nrow(x) - ncol(x))
error <- sqrt(correction * (bread %*% crossprod(scores) %*% bread)["x", "x"])
ratio <- exp(coef(fit)["x"])
answer("reviews.rule_of_law", "estimate", ratio)
answer("reviews.rule_of_law", "std_error", ratio * error, package = "sandwich")
answer("reviews.rule_of_law", "p_value", 2 * pnorm(-abs(coef(fit)["x"] / error)), package = "sandwich")
answer("reviews.rule_of_law", "ci_low", exp(coef(fit)["x"] - qnorm(.975) * error), package = "sandwich")
answer("reviews.rule_of_law", "ci_high", exp(coef(fit)["x"] + qnorm(.975) * error), package = "sandwich")
