// The directory that failure files go to.
#pragma once

#include <string>

namespace heddle::cli {

/// Creates `directory` if it is missing and makes sure that a file can be written there, so that a long search does not
/// end in a failure that cannot be kept. Throws `Error{io}`. Nothing to do for an empty name.
void require_writable(const std::string& directory);

}  // namespace heddle::cli
