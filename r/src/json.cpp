#include <Rcpp.h>

#include <charconv>
#include <cmath>
#include <cstdint>
#include <cstdio>
#include <cstring>
#include <functional>
#include <string>

namespace {

constexpr std::size_t BLOCK_BYTES = 1 << 20;
// Shortest text of any double or 64-bit integer, with room to spare.
constexpr std::size_t NUMBER_BYTES = 32;
// Whole numbers up to here have one exact decimal form and are written without an exponent.
constexpr double LARGEST_WHOLE = 9007199254740992.0;
constexpr const char* REPLACEMENT = "\xEF\xBF\xBD";

// Gathers text; with a file it keeps at most one block in memory.
class Sink {
 public:
  explicit Sink(std::FILE* file = nullptr) : file_(file) { text_.reserve(BLOCK_BYTES + NUMBER_BYTES); }

  void put(char c) {
    text_.push_back(c);
    if (file_ && text_.size() >= BLOCK_BYTES) flush();
  }
  void put(const char* begin, std::size_t length) {
    text_.append(begin, length);
    if (file_ && text_.size() >= BLOCK_BYTES) flush();
  }
  void put(const char* word) { put(word, std::strlen(word)); }

  void flush() {
    if (std::fwrite(text_.data(), 1, text_.size(), file_) != text_.size())
      throw Rcpp::exception("The result could not be written: is there room left on the device?", false);
    text_.clear();
  }
  const std::string& text() const { return text_; }

 private:
  std::FILE* file_;
  std::string text_;
};

template <typename Number>
void put_digits(Sink& out, Number value) {
  char digits[NUMBER_BYTES];
  const auto end = std::to_chars(digits, digits + NUMBER_BYTES, value).ptr;
  out.put(digits, end - digits);
}

template <typename Float>
void put_real(Sink& out, Float value) {
  if (!std::isfinite(value)) {
    out.put("null");
  } else if (value == std::trunc(value) && std::fabs(value) < LARGEST_WHOLE) {
    put_digits(out, static_cast<std::int64_t>(value));
  } else {
    put_digits(out, value);
  }
}

// Length of the well-formed UTF-8 sequence at `at`, or 0 (overlong forms and surrogates are malformed).
std::size_t utf8_length(const unsigned char* at, const unsigned char* end) {
  const auto continues = [&](std::size_t i) { return at + i < end && (at[i] & 0xC0) == 0x80; };
  const unsigned char lead = at[0];
  if (lead < 0x80) return 1;
  if (lead >= 0xC2 && lead <= 0xDF) return continues(1) ? 2 : 0;
  if (lead >= 0xE0 && lead <= 0xEF) {
    if (!continues(1) || !continues(2)) return 0;
    if (lead == 0xE0 && at[1] < 0xA0) return 0;
    if (lead == 0xED && at[1] > 0x9F) return 0;
    return 3;
  }
  if (lead >= 0xF0 && lead <= 0xF4) {
    if (!continues(1) || !continues(2) || !continues(3)) return 0;
    if (lead == 0xF0 && at[1] < 0x90) return 0;
    if (lead == 0xF4 && at[1] > 0x8F) return 0;
    return 4;
  }
  return 0;
}

void put_escape(Sink& out, unsigned char c) {
  switch (c) {
    case '"': return out.put("\\\"");
    case '\\': return out.put("\\\\");
    case '\n': return out.put("\\n");
    case '\r': return out.put("\\r");
    case '\t': return out.put("\\t");
  }
  static const char* hexadecimal = "0123456789abcdef";
  out.put("\\u00");
  out.put(hexadecimal[c >> 4]);
  out.put(hexadecimal[c & 15]);
}

void put_text(Sink& out, SEXP string) {
  if (string == NA_STRING) return out.put("null");
  // Only Latin-1 needs translating; translating unmarked text would mangle UTF-8 in the C locale.
  const char* text = Rf_getCharCE(string) == CE_LATIN1 ? Rf_translateCharUTF8(string) : CHAR(string);
  auto at = reinterpret_cast<const unsigned char*>(text);
  const auto end = at + std::strlen(text);
  out.put('"');
  while (at < end) {
    if (*at < 0x20 || *at == '"' || *at == '\\' || *at == 0x7F) {
      put_escape(out, *at++);
      continue;
    }
    const std::size_t length = utf8_length(at, end);
    if (length == 0) {
      out.put(REPLACEMENT);
      ++at;
    } else {
      out.put(reinterpret_cast<const char*>(at), length);
      at += length;
    }
  }
  out.put('"');
}

class Writer {
 public:
  explicit Writer(Sink& out) : out_(out) {}

  void value(SEXP x) {
    if (Rf_inherits(x, "json_scalar")) return scalar(VECTOR_ELT(x, 0));
    if (Rf_inherits(x, "json_by_cells_id")) return by_cells_id(x);
    if (Rf_isNull(x)) return out_.put("null");
    if (TYPEOF(x) == VECSXP) return list(x);
    if (Rf_isMatrix(x)) return rows(x);
    array(Rf_xlength(x), [&, put = element(x)](R_xlen_t i) { put(i); });
  }

 private:
  Sink& out_;

  template <typename Put>
  void array(R_xlen_t length, Put put) {
    out_.put('[');
    for (R_xlen_t i = 0; i < length; ++i) {
      if (i) out_.put(',');
      put(i);
    }
    out_.put(']');
  }

  using Element = std::function<void(R_xlen_t)>;

  Element element(SEXP x) {
    Sink& out = out_;
    switch (TYPEOF(x)) {
      case REALSXP: {
        const double* at = REAL(x);
        if (Rf_inherits(x, "json_float32")) return [&out, at](R_xlen_t i) { put_real(out, static_cast<float>(at[i])); };
        return [&out, at](R_xlen_t i) { put_real(out, at[i]); };
      }
      case INTSXP: {
        const int* at = INTEGER(x);
        if (Rf_isFactor(x)) {
          const SEXP levels = Rf_getAttrib(x, R_LevelsSymbol);
          return [&out, at, levels](R_xlen_t i) {
            put_text(out, at[i] == NA_INTEGER ? NA_STRING : STRING_ELT(levels, at[i] - 1));
          };
        }
        return [&out, at](R_xlen_t i) {
          if (at[i] == NA_INTEGER) return out.put("null");
          put_digits(out, at[i]);
        };
      }
      case LGLSXP: {
        const int* at = LOGICAL(x);
        return [&out, at](R_xlen_t i) { out.put(at[i] == NA_LOGICAL ? "null" : at[i] ? "true" : "false"); };
      }
      case STRSXP:
        return [&out, x](R_xlen_t i) { put_text(out, STRING_ELT(x, i)); };
    }
    Rcpp::stop("A value of type '%s' has no JSON form.", Rf_type2char(TYPEOF(x)));
  }

  void scalar(SEXP x) {
    if (Rf_xlength(x) != 1) Rcpp::stop("scalar() needs exactly one value, not %d.", static_cast<int>(Rf_xlength(x)));
    element(x)(0);
  }

  void list(SEXP x) {
    const SEXP names = Rf_getAttrib(x, R_NamesSymbol);
    if (Rf_isNull(names)) return array(Rf_xlength(x), [&](R_xlen_t i) { value(VECTOR_ELT(x, i)); });
    out_.put('{');
    for (R_xlen_t i = 0; i < Rf_xlength(x); ++i) {
      const SEXP name = STRING_ELT(names, i);
      if (name == NA_STRING || *CHAR(name) == '\0') Rcpp::stop("A list must be named wholly or not at all.");
      if (i) out_.put(',');
      put_text(out_, name);
      out_.put(':');
      value(VECTOR_ELT(x, i));
    }
    out_.put('}');
  }

  void row(const Element& put, R_xlen_t i, int height, int width) {
    array(width, [&](R_xlen_t column) { put(i + column * height); });
  }

  void rows(SEXP x) {
    const Element put = element(x);
    const int height = Rf_nrows(x), width = Rf_ncols(x);
    array(height, [&](R_xlen_t i) { row(put, i, height, width); });
  }

  // The entries of cells, each at the place its id names; places without a cell are null.
  void by_cells_id(SEXP x) {
    const SEXP values = VECTOR_ELT(x, 0);
    const Rcpp::IntegerVector places(VECTOR_ELT(x, 1));
    const Element put = element(values);
    const bool is_matrix = Rf_isMatrix(values);
    const int height = is_matrix ? Rf_nrows(values) : 0, width = is_matrix ? Rf_ncols(values) : 0;
    array(places.size(), [&](R_xlen_t place) {
      const int i = places[place];
      if (i == NA_INTEGER) return out_.put("null");
      is_matrix ? row(put, i - 1, height, width) : put(i - 1);
    });
  }
};

class File {
 public:
  explicit File(const std::string& path) : file_(std::fopen(path.c_str(), "wb")) {
    if (!file_) Rcpp::stop("The file %s cannot be opened for writing: %s.", path, std::strerror(errno));
  }
  ~File() {
    if (file_) std::fclose(file_);
  }
  std::FILE* get() const { return file_; }
  void close() {
    const int failed = std::fclose(file_);
    file_ = nullptr;
    if (failed) Rcpp::stop("The result could not be written: %s.", std::strerror(errno));
  }

 private:
  std::FILE* file_;
};

}  // namespace

// [[Rcpp::export]]
Rcpp::String json_text(SEXP x) {
  Sink out;
  Writer(out).value(x);
  return Rcpp::String(out.text(), CE_UTF8);
}

// [[Rcpp::export]]
void json_file(SEXP x, std::string path) {
  File file(path);
  Sink out(file.get());
  Writer(out).value(x);
  out.flush();
  file.close();
}
