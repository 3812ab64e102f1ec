#pragma once
// How --help is laid out: options in their groups, in 80 columns.
#include <memory>

namespace CLI {
class FormatterBase;
}  // namespace CLI

namespace stretto {

std::shared_ptr<CLI::FormatterBase> help_formatter();

}  // namespace stretto
