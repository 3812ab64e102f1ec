#include "report/plot.hpp"

#include <algorithm>
#include <cmath>
#include <iomanip>
#include <sstream>

#include "base/note.hpp"
#include "base/text.hpp"
#include "report/bidi.hpp"
#include "report/zone.hpp"

namespace stretto::report {
namespace {

// units of the picture; on a phone, a unit is 0.75 pixels, which is still legible
constexpr double width = 480, height = 230, left = 62, right = 10, top = 10, bottom = 26;

/// Prints two decimals, because long numbers would be most of the page.
std::string at(double number) {
    std::ostringstream out;
    out.imbue(std::locale::classic());
    out << std::round(number * 100) / 100;
    return out.str();
}

/// The smallest of 1, 2 or 5 times a power of ten that is at least `number`.
double round_up(double number) {
    const double power = std::pow(10, std::floor(std::log10(number)));
    for (const double digit : {1.0, 2.0, 5.0})
        if (digit * power >= number * (1 - 1e-9)) return digit * power;
    return 10 * power;
}

std::string label(double value, Kind unit) {
    // small counts have ticks only at integers
    if (unit == Kind::count && value == std::floor(value))
        return show(Cell{static_cast<std::int64_t>(value)}, unit);
    if (unit == Kind::count) unit = Kind::number;
    return show(Cell{value}, unit);
}

std::string line(double x1, double y1, double x2, double y2) {
    return text("<path class=grid d='M", at(x1), " ", at(y1), "L", at(x2), " ", at(y2), "'/>");
}

std::string words(double x, double y, const char* anchor, const std::string& what) {
    return text("<text x='", at(x), "' y='", at(y), "' text-anchor='", anchor, "'>",
                escape(isolate(what)), "</text>");
}

std::string painted(const Paint& paint) {
    const std::string colour = text(" class='", paint.name, "'");
    return paint.opacity < 1 ? text(colour, " opacity='", paint.opacity, "'") : colour;
}

std::string legend(const std::vector<Layer>& layers) {
    if (layers.size() < 2) return {};
    std::string out = "<p class=legend>";
    for (const auto& layer : layers)
        out += text("<span><svg viewBox='0 0 1 1' aria-hidden=true><rect width=1 height=1",
                    painted(layer.paint), "/></svg>", escape(layer.name), "</span> ");
    return out + "</p>";
}

std::string figure(const std::string& title, const std::string& key, double tall,
                   const std::string& content) {
    return text("<figure><figcaption>", escape(title), "</figcaption>", key, "<svg viewBox='0 0 ",
                at(width), " ", at(tall), "' role='img' aria-label='", escape(title), "'>", content,
                "</svg></figure>\n");
}

std::string rectangle(double x, double y, double wide, double tall, const Paint& paint,
                      const std::string& name) {
    return text("<rect x='", at(x), "' y='", at(y), "' width='", at(wide), "' height='", at(tall),
                "'", painted(paint), "><title>", escape(name), "</title></rect>");
}

double sum_at(const Columns& columns, std::size_t i) {
    double sum = 0;
    for (const auto& layer : columns.layers) sum += layer.values[i];
    return sum;
}

}  // namespace

std::string escape(std::string_view text) {
    std::string out;
    for (const char c : printable(text)) switch (c) {
            case '&':
                out += "&amp;";
                break;
            case '<':
                out += "&lt;";
                break;
            case '>':
                out += "&gt;";
                break;
            case '"':
                out += "&quot;";
                break;
            case '\'':
                out += "&#39;";
                break;
            default:
                out += c;
        }
    return out;
}

std::string draw(const Columns& columns) {
    if (columns.at.empty()) return {};
    const Kind unit = columns.shares ? Kind::share : columns.unit;
    double most = columns.shares ? 1 : 0;
    for (std::size_t i = 0; i < columns.at.size() && !columns.shares; ++i)
        most = std::max(most, sum_at(columns, i));
    if (most <= 0) return {};
    const double least = unit == Kind::count ? 1 : 0;  // there are no fractions of a session
    const double step = columns.shares ? 0.25 : std::max(least, round_up(most / 4));
    const double high = std::ceil(most / step - 1e-9) * step;
    const double from = columns.at.front(), to = columns.at.back() + columns.width;
    const auto x = [&](double v) {
        return left + (v - from) / (to - from) * (width - left - right);
    };
    const auto y = [&](double v) { return height - bottom - v / high * (height - top - bottom); };

    std::string out;
    for (double v = 0; v <= high * (1 + 1e-9); v += step)
        out += line(left, y(v), width - right, y(v)) +
               words(left - 6, y(v) + 4, "end", label(v, unit));
    for (const auto& [v, name] : columns.ticks) out += words(x(v), height - 8, "middle", name);
    for (std::size_t i = 0; i < columns.at.size(); ++i) {
        const double all = sum_at(columns, i);
        double below = 0;
        for (const auto& layer : columns.layers) {
            const double value =
                columns.shares && all > 0 ? layer.values[i] / all : layer.values[i];
            if (value <= 0) continue;
            const double x1 = x(columns.at[i]), x2 = x(columns.at[i] + columns.width);
            const double gap = x2 - x1 > 4 ? 1 : 0;
            out += rectangle(x1, y(below + value), x2 - x1 - gap, y(below) - y(below + value),
                             layer.paint,
                             text(columns.names[i], ", ", layer.name, ": ", label(value, unit)));
            below += value;
        }
    }
    return figure(columns.title, legend(columns.layers), height, out);
}

std::string draw(const Bars& bars) {
    if (bars.rows.empty()) return {};
    double most = 1;
    for (const auto& [name, value] : bars.rows) most = std::max(most, value);
    constexpr double row = 22, names = 190, numbers = 56;
    std::string out;
    double y = 4;
    for (const auto& [name, value] : bars.rows) {
        const double wide = value / most * (width - names - numbers);
        out += words(names - 8, y + 14, "end", name) +
               rectangle(names, y, std::max(wide, 1.0), row - 5, Paint{},
                         text(name, ": ", label(value, bars.unit))) +
               words(names + wide + 6, y + 14, "start", label(value, bars.unit));
        y += row;
    }
    return figure(bars.title, {}, y + 4, out);
}

std::vector<std::pair<double, std::string>> time_ticks(double from_ms, double to_ms) {
    constexpr double s = 1000, min = 60 * s, h = 60 * min, day = 24 * h;
    double step = 365 * day;
    for (const double d : {s, 5 * s, 15 * s, 30 * s, min, 5 * min, 15 * min, 30 * min, h, 3 * h,
                           6 * h, 12 * h, day, 2 * day, 7 * day, 14 * day, 28 * day, 91 * day})
        if ((to_ms - from_ms) / d <= 5.5) {
            step = d;
            break;
        }
    const Zone& zone = report::zone();
    std::vector<std::pair<double, std::string>> ticks;
    const auto add = [&](double t) {
        if (t < from_ms || t >= to_ms) return;
        const auto iso = iso_time(static_cast<std::int64_t>(t));
        const auto time = step < min ? iso.substr(11, 8) : iso.substr(11, 5);
        ticks.emplace_back(t, step >= day ? iso.substr(5, 5) : time);
    };
    const auto first = static_cast<std::int64_t>(from_ms);
    if (step >= day) {  // ticks at the start of days
        const auto days = static_cast<std::int64_t>(step / day);
        for (auto d = zone.day_of(first) / days * days;
             static_cast<double>(zone.begin_of(d)) < to_ms; d += days)
            add(static_cast<double>(zone.begin_of(d)));
        return ticks;
    }
    const auto shift = static_cast<double>(zone.local_ms(first) - first);
    for (double t = std::ceil((from_ms + shift) / step) * step - shift; t < to_ms; t += step)
        add(t);
    return ticks;
}

}  // namespace stretto::report
