#pragma once

#include <string>
#include <utility>
#include <vector>

#include "metrics/exposition.h"

namespace clipcourier::metrics {

// Processor time, memory, descriptors and threads of this process, as the kernel tells.
void writeProcessMetrics(Exposition& out);

// What the disks below these folders have left; `folders` are pairs of a label and a path.
void writeDiskMetrics(Exposition& out,
                      const std::vector<std::pair<std::string, std::string>>& folders);

}  // namespace clipcourier::metrics
