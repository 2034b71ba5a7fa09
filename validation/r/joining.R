# Questions `joining.*`: group-time averages of Callaway and Sant'Anna without covariates, controls not yet treated, errors from
# influence functions, ranked among dates dealt out again within region and completeness. Debian has no package `did`.

source("validation/r/common.R")
DRAWS <- 4999

yearly <- panel("country_year")
for (name in c("investigation", "adjudication")) {
  column <- c(investigation = "wjp_8_1", adjudication = "wjp_8_2")[[name]]
  rows <- yearly[!is.na(yearly[[column]]) & yearly$year >= 2014 & yearly$year <= 2025, ]
  years <- sort(unique(rows$year))
  rows$time <- match(rows$year, years)
  joined <- !is.na(rows$entry_tier) & rows$entry_tier == "I"
  other <- !is.na(rows$entry_tier) & rows$entry_tier != "I"
  # The first edition whose year is later than that of joining is the first treated one.
  rows$entry <- sapply(rows$entry_documented, function(y) if (is.na(y)) NA else sum(years <= y) + 1)
  regions <- unique(rows$region[joined])
  keep <- !(joined & is.na(rows$entry_documented)) & !(other & !is.na(rows$entry) & rows$time >= rows$entry) &
    rows$region %in% regions
  rows <- rows[keep, ]
  rows$first <- ifelse(!is.na(rows$entry_tier) & rows$entry_tier == "I", rows$entry, Inf)
  units <- sort(unique(rows$iso3))
  y <- matrix(NA, length(units), length(years))
  y[cbind(match(rows$iso3, units), rows$time)] <- rows[[column]]
  about <- rows[match(units, rows$iso3), ]
  first_seen <- apply(!is.na(y), 1, function(o) which(o)[1])
  # Whoever is not seen before it is treated is left out.
  able <- is.infinite(about$first) | first_seen < about$first
  y <- y[able, ]
  about <- about[able, ]
  cohort <- about$first
  case <- paste0("joining.", name)
  answer(case, "n_obs", sum(!is.na(y)))
  answer(case, "n_units", nrow(y))

  average <- function(cohort) {
    effects <- numeric()
    sizes <- numeric()
    parts <- list()
    whose <- numeric()
    seen <- is.infinite(cohort) | first_seen[able] < cohort
    for (g in sort(unique(cohort[is.finite(cohort) & cohort > 1]))) {
      group <- cohort == g & seen
      for (t in g:ncol(y)) {
        change <- y[, t] - y[, g - 1]
        treated <- group & !is.na(change)
        control <- cohort > t & !is.na(change)
        if (t > ncol(y) || !any(treated) || !any(control)) next
        one <- mean(change[treated])
        none <- mean(change[control])
        influence <- numeric(nrow(y))
        influence[treated] <- (change[treated] - one) / sum(treated)
        influence[control] <- influence[control] - (change[control] - none) / sum(control)
        effects <- c(effects, one - none)
        sizes <- c(sizes, sum(group))
        parts <- c(parts, list(influence))
        whose <- c(whose, g)
      }
    }
    total <- sum(sizes)
    estimate <- sum(sizes * effects) / total
    influence <- Reduce(`+`, Map(`*`, parts, sizes / total))
    # The groups' shares are estimated too.
    for (k in seq_along(effects)) {
      mine <- cohort == whose[k] & seen
      influence[mine] <- influence[mine] + (effects[k] - estimate) / total
    }
    c(estimate, sqrt(sum(influence^2)))
  }
  found <- average(cohort)
  answer(case, "estimate", found[1])
  answer(case, "std_error", found[2])
  strata <- paste(about$region, rowSums(is.na(y)) == 0)
  orders <- within_strata(strata, DRAWS)
  t_of <- apply(orders, 1, function(o) { f <- average(cohort[o]); f[1] / f[2] })
  p <- rank_p(t_of)
  answer(case, "p_value", p, error_of(p, DRAWS))
}
