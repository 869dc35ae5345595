/* Which of the deliberate bugs is alive: the number in the environment variable CCR_MUTANT, 0 for none. */
#include <stdlib.h>

extern int ccr_mutant;
int ccr_mutant;

__attribute__((constructor)) static void choose(void)
{
    const char *number = getenv("CCR_MUTANT");
    ccr_mutant = number == NULL ? 0 : (int)strtol(number, NULL, 10);
}
