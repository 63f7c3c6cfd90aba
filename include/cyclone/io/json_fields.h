#pragma once
// Values as JSON objects, by one description for writing and reading:
//
//     void fields(io::JsonFields& f, Point& p) { f("x", p.x), f("y", p.y); }
//     std::string text = io::to_json(point);
//     io::from_json(text, "point.json", point);

#include <cyclone/base/error.h>

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace cyclone::io {

/// The fields of one JSON object, written in their order or read by name. Errors when reading: a field that is missing
/// or of another type, whole numbers below 0 or too large; they name the field.
class JsonFields {
public:
    JsonFields();                                ///< writes
    explicit JsonFields(std::string_view text);  ///< reads; Error for text that is no JSON object
    ~JsonFields();
    JsonFields(JsonFields&&) noexcept;  ///< leaves nothing behind

    bool reading() const { return reading_; }  ///< or writing
    bool has(const char* key) const;           ///< when reading

    void operator()(const char* key, double& value);                       ///< not finite: null; null: NaN
    void operator()(const char* key, std::int64_t& value);                 ///< from 0
    void operator()(const char* key, std::uint64_t& value);                ///< from 0
    void operator()(const char* key, int& value);                          ///< from 0
    void operator()(const char* key, std::string& value);                  ///< text
    void operator()(const char* key, std::vector<double>& values);         ///< not finite: null
    void operator()(const char* key, std::vector<std::int64_t>& values);   ///< from 0
    void operator()(const char* key, std::vector<std::uint64_t>& values);  ///< from 0
    void operator()(const char* key, std::vector<std::string>& values);    ///< texts
    /// Rows of numbers; whole ones are written without a point.
    void operator()(const char* key, std::vector<std::vector<double>>& rows);
    /// An object of texts.
    void operator()(const char* key, std::vector<std::pair<std::string, std::string>>& values);

    /// A nested object.
    template <class T>
    void operator()(const char* key, T& value) {
        JsonFields inner = reading_ ? object(key, -1) : JsonFields();
        fields(inner, value);
        if (!reading_) put(key, std::move(inner), false);
    }
    /// A list of objects.
    template <class T>
    void operator()(const char* key, std::vector<T>& values) {
        if (reading_)
            values.assign(size(key), T());
        else
            put_empty_list(key);
        for (std::size_t i = 0; i < values.size(); ++i) {
            JsonFields inner = reading_ ? object(key, static_cast<std::ptrdiff_t>(i)) : JsonFields();
            fields(inner, values[i]);
            if (!reading_) put(key, std::move(inner), true);
        }
    }
    /// Left out where the value is `usual`, which is what a missing field means.
    template <class T>
    void optional(const char* key, T& value, const T& usual) {
        if (reading_ ? has(key) : value != usual)
            (*this)(key, value);
        else if (reading_)
            value = usual;
    }
    /// An enumerator by the name that name_of() gives it.
    template <class Enum>
    void choice(const char* key, Enum& value, std::span<const Enum> all) {
        std::string name(name_of(value));
        (*this)(key, name);
        for (const Enum candidate : all)
            if (name == name_of(candidate)) return void(value = candidate);
        fail_unknown(key, name);
    }
    /// Two numbers as a list.
    void limits(const char* key, double& low, double& high);

    /// As text: on one line, or for people, with lists of numbers on a line of their own.
    std::string compact() const;
    std::string pretty() const;  ///< see above
    /// The value of a field as compact text; "" when it is missing.
    std::string compact(const char* key) const;

private:
    struct Value;
    JsonFields object(const char* key, std::ptrdiff_t place) const;  // place -1: the value itself
    std::size_t size(const char* key) const;
    void put(const char* key, JsonFields&& value, bool append);
    void put_empty_list(const char* key);
    [[noreturn]] static void fail_unknown(const char* key, const std::string& name);
    std::unique_ptr<Value> value_;
    bool reading_;
};

/// Pretty, ended by a newline.
template <class T>
std::string to_json(const T& value) {
    JsonFields f;
    fields(f, const_cast<T&>(value));  // writing changes nothing
    return f.pretty() + "\n";
}

/// Error "<where>: is damaged (...)".
template <class T>
void from_json(std::string_view text, const std::string& where, T& value) {
    try {
        JsonFields f(text);
        fields(f, value);
    } catch (const Error& error) {
        fail(where, "is damaged (", error.what(), ")");
    }
}

}  // namespace cyclone::io
