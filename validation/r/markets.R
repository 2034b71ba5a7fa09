# Questions `markets.*`: the lag-augmented vector autoregression of Toda and Yamamoto by lm, and Fieller's set.

source("validation/r/common.R")

monthly <- panel("monthly_national")
monthly <- monthly[monthly$month >= "2018-10" & monthly$month <= "2024-12", ]
logs <- data.frame(weight = log(monthly$seized_kg_fentanyl), deaths = log(monthly$deaths_t40_4))
season <- factor(as.integer(substr(monthly$month, 6, 7)))
LAGS <- 2
ADDED <- 2

lagged <- function(v, k) c(rep(NA, k), head(v, -k))

system_of <- function(effect, lags) {
  past <- do.call(cbind, lapply(seq_len(lags), function(k) sapply(logs, lagged, k)))
  colnames(past) <- paste0(rep(names(logs), lags), rep(seq_len(lags), each = 2))
  data.frame(y = logs[[effect]], season = season, past)
}


for (case in c("seizures_to_deaths", "deaths_to_seizures")) {
  effect <- if (case == "seizures_to_deaths") "deaths" else "weight"
  cause <- setdiff(names(logs), effect)
  fit <- lm(y ~ ., system_of(effect, LAGS + ADDED))
  of <- function(name) paste0(name, seq_len(LAGS))
  b <- sum(coef(fit)[of(cause)])
  a <- sum(coef(fit)[of(effect)])
  v <- vcov(fit)
  v_b <- sum(v[of(cause), of(cause)])
  v_a <- sum(v[of(effect), of(effect)])
  c_ab <- sum(v[of(cause), of(effect)])
  id <- paste0("markets.", case)
  answer(id, "estimate", b / (1 - a))
  answer(id, "p_value", 2 * pt(-abs(b / sqrt(v_b)), fit$df.residual))
  answer(id, "n_obs", length(fit$residuals))
  # e with (b - e (1 - a))^2 <= t^2 var(b + e a): a quadratic in e.
  t2 <- qt(.975, fit$df.residual)^2
  q <- c((1 - a)^2 - t2 * v_a, -2 * (b * (1 - a) + t2 * c_ab), b^2 - t2 * v_b)
  root <- q[2]^2 - 4 * q[1] * q[3]
  ends <- if (q[1] > 0 && root >= 0) (-q[2] + c(-1, 1) * sqrt(root)) / (2 * q[1]) else c(-Inf, Inf)
  answer(id, "ci_low", ends[1])
  answer(id, "ci_high", ends[2])
}
