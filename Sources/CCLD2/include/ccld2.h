// CLD2, the language detector of Debian's libcld2-dev, behind two C functions: its own interface is C++.
#pragma once
#include <stdbool.h>
#include <stddef.h>

#ifdef __cplusplus
extern "C" {
#endif

/// What CLD2 makes of a text.
typedef struct {
    /// The language's code, such as "de" or "zh-Hant"; NULL where CLD2 names none. Lives as long as the program.
    const char *code;
    /// The share of the text's letters that are in this language, 0 to 100.
    int percent;
    /// Whether CLD2 calls the guess reliable: the language beats the next one by enough.
    bool is_reliable;
} ccld2_guess;

/// Guesses the language of `length` bytes of plain UTF-8; bytes that are no UTF-8 have no language. Thread-safe.
///
/// `hint` is the code of a language that is likelier than others beforehand; NULL for none.
ccld2_guess ccld2_identify(const char *text, size_t length, const char *hint);

/// CLD2's version with that of its tables, such as "V2.0 - 20141016". Lives as long as the program.
const char *ccld2_version(void);

#ifdef __cplusplus
}
#endif
