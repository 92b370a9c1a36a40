/* avellaneda_stoikov.h: the quotes of Avellaneda and Stoikov, "High-frequency trading in a
 * limit order book", Quantitative Finance 8 (2008), eq. (3.17) and (3.18). */
#ifndef CP_AVELLANEDA_STOIKOV_H
#define CP_AVELLANEDA_STOIKOV_H

#include "desk/strategies/real.h"

typedef struct cp_quote_pair {
    double bid, ask;
} cp_quote_pair;

/* The part of the spread that pays for being picked: (2 / gamma) ln(1 + gamma / k). */
static inline double cp_as_premium(double gamma, double k)
{
    return 2.0 / gamma * cp_log(1.0 + gamma / k);
}

/* Units: gamma per price and unit held; sigma in price a root-time; k per price. `risk`
 * is gamma sigma^2 (T - t): price a unit held. */
static inline cp_quote_pair cp_as_quotes(double mid, double inventory, double risk,
                                         double premium)
{
    double reservation = mid - inventory * risk;
    double half = (risk + premium) / 2;
    return (cp_quote_pair){ reservation - half, reservation + half };
}

#endif /* CP_AVELLANEDA_STOIKOV_H */
