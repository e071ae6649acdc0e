// Fontconfig keeps its caches until the process ends, and LeakSanitizer takes them for leaks.
extern "C" const char* __lsan_default_suppressions();
extern "C" const char* __lsan_default_suppressions() { return "leak:libfontconfig\n"; }
