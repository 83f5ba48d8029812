int kiem_version(void);
int kiem_version(void) {
    return 100;
}
