// libcurl's setters and getters take any type behind dots, which Swift cannot call: one function for each type.
#ifndef LAB_CCURL_SHIM_H
#define LAB_CCURL_SHIM_H

#include <curl/curl.h>

typedef size_t (*lab_curl_receiver)(char *bytes, size_t size, size_t count, void *context);

static inline CURLcode lab_curl_set_long(CURL *easy, CURLoption option, long value) {
    return curl_easy_setopt(easy, option, value);
}

static inline CURLcode lab_curl_set_text(CURL *easy, CURLoption option, const char *value) {
    return curl_easy_setopt(easy, option, value);
}

static inline CURLcode lab_curl_set_list(CURL *easy, CURLoption option, struct curl_slist *value) {
    return curl_easy_setopt(easy, option, value);
}

static inline CURLcode lab_curl_set_pointer(CURL *easy, CURLoption option, void *value) {
    return curl_easy_setopt(easy, option, value);
}

static inline CURLcode lab_curl_set_receiver(CURL *easy, CURLoption option, lab_curl_receiver value) {
    return curl_easy_setopt(easy, option, value);
}

static inline CURLMcode lab_curl_multi_set_long(CURLM *multi, CURLMoption option, long value) {
    return curl_multi_setopt(multi, option, value);
}

/// The next transfer that has ended, or NULL.
static inline CURL *lab_curl_next_ended(CURLM *multi, CURLcode *result) {
    int left = 0;
    CURLMsg *message;
    while ((message = curl_multi_info_read(multi, &left))) {
        if (message->msg == CURLMSG_DONE) {
            *result = message->data.result;
            return message->easy_handle;
        }
    }
    return NULL;
}

#endif
