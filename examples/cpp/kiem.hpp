// kiem for C++ in a page: handles that free themselves, errors as exceptions. Copy it and make it yours.
#ifndef KIEM_HPP
#define KIEM_HPP

#include <kiem/kiem.h>

#include <cstdint>
#include <memory>
#include <stdexcept>
#include <string>

namespace kiem {

template <class T, void (*release)(T *)> struct Release {
    void operator()(T *handle) const noexcept { release(handle); }
};
template <class T, void (*release)(T *)> using Handle = std::unique_ptr<T, Release<T, release>>;

using Policy = Handle<kiem_policy, kiem_policy_free>;
using Batch = Handle<kiem_batch, kiem_batch_free>;
using Judge = Handle<kiem_judge, kiem_judge_free>;
using Job = Handle<kiem_job, kiem_job_free>;

// What a call says when it fails; file is empty and row 0 when no place is concerned.
struct Error : std::runtime_error {
    Error(kiem_status code, const std::string &message, std::string where, std::int64_t line)
        : std::runtime_error(message), status(code), file(std::move(where)), row(line) {}
    kiem_status status;
    std::string file;
    std::int64_t row;
};

// call(function, arguments...) adds the error object and throws when the call fails.
template <class... Parameters, class... Arguments>
void call(kiem_status (*function)(Parameters...), Arguments &&...arguments) {
    kiem_error *made = nullptr;
    if (kiem_error_new(nullptr, &made) != KIEM_OK) throw std::bad_alloc();
    const Handle<kiem_error, kiem_error_free> error(made);
    const kiem_status status = function(std::forward<Arguments>(arguments)..., error.get());
    if (status == KIEM_E_NOMEM) throw std::bad_alloc();
    if (status != KIEM_OK)
        throw Error(status, kiem_error_message(error.get()), kiem_error_file(error.get()),
                    kiem_error_line(error.get()));
}

// make<Policy>(kiem_policy_new, nullptr, "rules/") calls a constructor: its output is the last argument but
// one.
template <class Owner, class... Parameters, class... Arguments>
Owner make(kiem_status (*function)(Parameters...), Arguments &&...arguments) {
    typename Owner::pointer handle = nullptr;
    call(function, std::forward<Arguments>(arguments)..., &handle);
    return Owner(handle);
}

inline std::string cell(const kiem_table *table, std::int64_t row, const char *column) {
    const std::int32_t number = kiem_table_find(table, column);
    std::size_t length = 0;
    kiem_table_cell(table, row, number, nullptr, 0, &length);
    std::string text(length + 1, '\0');
    kiem_table_cell(table, row, number, &text[0], text.size(), &length);
    text.resize(length);
    return text;
}

} // namespace kiem

#endif
