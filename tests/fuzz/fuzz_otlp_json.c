/* Export requests in JSON: see fuzz_otlp.c. */
#define FUZZ_OTLP OTLP_JSON
#include "tests/fuzz/fuzz_otlp.c"
