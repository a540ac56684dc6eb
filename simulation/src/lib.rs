//! Distributed programs of Greenroom actors, simulated on one machine: nodes, links, faults, and schedules, by seed.
