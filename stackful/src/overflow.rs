//! What happens when code runs past the end of its stack.
//!
//! It knows no actor: who overflowed is said by the text of [`set_describer`].
//!
//! | the fault is in                  | then                                                       |
//! |----------------------------------|------------------------------------------------------------|
//! | a yellow zone, by its own stack  | the zone opens, the stack is marked, the code goes on      |
//! | a red guard, by its own stack    | a message on stderr, and the process aborts                |
//! | anything else                    | the handler that was there before decides                  |
//!
//! Code in a yellow zone goes on as if nothing had happened, until somebody asks
//! [`Coroutine::overflowed`](crate::Coroutine::overflowed) and panics in an orderly way. To jump
//! out of the overflowing code instead would leave its locks held and its borrows alive: two
//! threads that overflow in `malloc` deadlock at the second time.
//!
//! Every thread that runs coroutines needs an [`AlternateStack`]: on the overflowed one there is
//! no room for a handler. A handler that somebody installs after [`install`] has to pass on what
//! is not its own, as this one does.

mod alternate;
mod chain;
mod handler;
pub(crate) mod registry;
mod report;

pub use alternate::AlternateStack;
pub use handler::{install, overflows};
pub use report::set_describer;
