//! Chord, a ring of nodes that finds the holder of a key in a logarithm of hops, for the programs that stand on it.
//!
//! Stoica and others, "Chord: a scalable peer-to-peer lookup protocol for internet applications" (2003). Keys and nodes lie
//! on one circle; a key belongs to its *successor*, the first node at or after it.
//!
//! | file | what |
//! |---|---|
//! | `circle` | the arithmetic of the circle |
//! | `node` | the protocol: an actor that knows its neighbours and its fingers |
//! | `walk` | how a node searches, and asks another |
//! | `table` | what a node knows as numbers, and what it should know, computed without the protocol |
//! | `network` | nodes that join, leave, crash, and are waited for until all of them know what they should |

mod circle;
mod network;
mod node;
mod table;
mod walk;

pub use circle::Circle;
pub use network::Network;
pub use node::{Found, Node, Peer};
pub use table::Table;

/// A mistake in the protocol, for tests that want to see it found.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Flaw {
    /// A node that has lost sight of its ring does not look for it.
    NeverLooksBeyond,
}
