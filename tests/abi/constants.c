/* Every published constant has its value for ever: append here, never change a line. Compiled as a test. */
#include <kiem/codes.h>

#define SAME(name, value) _Static_assert((name) == (value), #name " has changed")
SAME(KIEM_OK, 0);
SAME(KIEM_E_ARGUMENT, 1);
SAME(KIEM_E_NOMEM, 2);
SAME(KIEM_E_IO, 3);
SAME(KIEM_E_FORMAT, 4);
SAME(KIEM_E_POLICY, 5);
SAME(KIEM_E_STATE, 6);
SAME(KIEM_E_RANGE, 7);
SAME(KIEM_E_BUSY, 8);
SAME(KIEM_E_CANCELLED, 9);
SAME(KIEM_E_UNSUPPORTED, 10);
SAME(KIEM_E_NOT_FOUND, 11);
SAME(KIEM_E_INTERNAL, 12);
SAME(KIEM_SEVERITY_OFF, 0);
SAME(KIEM_SEVERITY_NOTICE, 1);
SAME(KIEM_SEVERITY_SUSPICION, 2);
SAME(KIEM_SEVERITY_VIOLATION, 3);
SAME(KIEM_SEVERITY_ERROR, 4);
SAME(KIEM_LOG_DEBUG, 10);
SAME(KIEM_LOG_INFO, 20);
SAME(KIEM_LOG_WARNING, 30);
SAME(KIEM_LANG_VI, 0);
SAME(KIEM_LANG_EN, 1);

int main(void) {
    return 0;
}
