// Texts on their way from C++ to C.
#pragma once

#include "CLlamaChat.h"

#include <cstdlib>
#include <cstring>
#include <exception>
#include <string>

/// A copy that the caller owns; empty where there is no memory for it.
inline lab_chat_string copied(const std::string & text) {
    char * bytes = static_cast<char *>(std::malloc(text.size() + 1));
    if (bytes == nullptr) return {nullptr, 0};
    std::memcpy(bytes, text.c_str(), text.size() + 1);
    return {bytes, text.size()};
}

/// Runs `body`; what it throws becomes `error`, and its result is then `otherwise`.
template <typename Result, typename Body>
Result guarded(lab_chat_string * error, Result otherwise, Body body) noexcept {
    try {
        return body();
    } catch (const std::exception & problem) {
        *error = copied(problem.what());
    } catch (...) {
        *error = copied("an unknown error");
    }
    return otherwise;
}
