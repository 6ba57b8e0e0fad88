#include "ccld2.h"

#include <climits>
#include <cstdio>  // CLD2's header uses FILE and does not say where it is from.

#include <cld2/public/compact_lang_det.h>
#include <cld2/public/encodings.h>

ccld2_guess ccld2_identify(const char *text, size_t length, const char *hint) {
    const ccld2_guess none = {nullptr, 0, false};
    if (text == nullptr || length == 0 || length > INT_MAX) return none;
    const CLD2::Language expected = hint == nullptr ? CLD2::UNKNOWN_LANGUAGE : CLD2::GetLanguageFromName(hint);
    const CLD2::CLDHints hints = {nullptr, nullptr, CLD2::UNKNOWN_ENCODING, expected};
    CLD2::Language languages[3];
    int percents[3];
    double scores[3];
    int letter_bytes = 0, valid_bytes = 0;
    bool is_reliable = false;
    const CLD2::Language language = CLD2::ExtDetectLanguageSummaryCheckUTF8(
        text, static_cast<int>(length), /*is_plain_text=*/true, &hints, /*flags=*/0, languages, percents, scores,
        /*resultchunkvector=*/nullptr, &letter_bytes, &is_reliable, &valid_bytes);
    if (valid_bytes < static_cast<int>(length) || language == CLD2::UNKNOWN_LANGUAGE) return none;
    for (int place = 0; place < 3; place++) {
        if (languages[place] == language) return {CLD2::LanguageCode(language), percents[place], is_reliable};
    }
    return none;
}

const char *ccld2_version(void) { return CLD2::DetectLanguageVersion(); }
