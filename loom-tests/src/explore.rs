//! How a model is explored, and the two stand-ins that models build with.
//!
//! It knows no model. A model is a function without arguments that loom runs once for every order of
//! its threads' steps; it ends with assertions about what must hold in each. Every file of models
//! lists its own with [`models!`], which makes tests of them and tells the weakening run, and with
//! [`canaries!`] the broken ones, which must fail in the stated way: a model that
//! cannot fail shows nothing.
//!
//! Keep a model to two threads with about two operations each.

use loom::cell::UnsafeCell;

/// A model, by name.
#[derive(Clone, Copy)]
pub(crate) struct Model {
    pub(crate) name: &'static str,
    pub(crate) body: fn(),
}

/// Makes a test of each model, and the list `MODELS` of them all.
macro_rules! models {
    ($($name:ident),* $(,)?) => {
        pub(crate) const MODELS: &[$crate::explore::Model] = &[
            $($crate::explore::Model { name: stringify!($name), body: $name }),*
        ];

        mod holds {
            $(#[test] fn $name() { $crate::explore::explore(super::$name); })*
        }
    };
}

/// Makes a test of each broken model, which must fail with a message that contains the text given.
macro_rules! canaries {
    ($($name:ident: $expected:literal),* $(,)?) => {
        mod canary {
            $(
                #[test]
                #[should_panic(expected = $expected)]
                fn $name() { $crate::explore::explore(super::$name); }
            )*
        }
    };
}

pub(crate) use {canaries, models};

/// Runs `model` in every order of its threads' steps, as far as `LOOM_BOUND` says: `full` all of them,
/// `quick` (and by default) those in which threads are preempted twice at most, where most bugs are.
///
/// # Panics
/// In the first order in which the model does.
pub(crate) fn explore(model: fn()) {
    let mut builder = loom::model::Builder::new();
    builder.preemption_bound = match std::env::var("LOOM_BOUND").as_deref() {
        Ok("full") => None,
        Ok("quick") | Err(_) => Some(2),
        Ok(other) => panic!("LOOM_BOUND is {other:?}, but must be quick or full"),
    };
    builder.check(model);
}

/// Data that a protocol guards: loom fails a model in which two accesses are not ordered by it.
#[derive(Debug)]
pub(crate) struct Guarded<T>(UnsafeCell<T>);

// SAFETY: all threads of a model share one thread of the system, and loom panics before an access
// that is not ordered after the others.
unsafe impl<T> Sync for Guarded<T> {}

impl<T> Guarded<T> {
    #[track_caller]
    pub(crate) fn new(value: T) -> Self {
        Guarded(UnsafeCell::new(value))
    }

    #[track_caller]
    pub(crate) fn read<R>(&self, look: impl FnOnce(&T) -> R) -> R {
        // SAFETY: loom has just checked that nobody writes meanwhile.
        self.0.with(|value| look(unsafe { &*value }))
    }

    #[track_caller]
    pub(crate) fn write<R>(&self, change: impl FnOnce(&mut T) -> R) -> R {
        // SAFETY: loom has just checked that nobody reads or writes meanwhile.
        self.0.with_mut(|value| change(unsafe { &mut *value }))
    }
}

/// Memory that someone has to free, once, after everybody's last use. The real memory stays until the
/// model's end, so that a model which uses it too late fails instead of crashing.
#[derive(Debug)]
pub(crate) struct Memory {
    freed: Guarded<bool>,
}

impl Memory {
    pub(crate) fn new() -> Self {
        Memory { freed: Guarded::new(false) }
    }

    /// A use: call it beside whatever the model does with the memory.
    #[track_caller]
    pub(crate) fn touch(&self) {
        self.freed.read(|freed| assert!(!freed, "memory was used after its end"));
    }

    #[track_caller]
    pub(crate) fn free(&self) {
        self.freed.write(|freed| assert!(!std::mem::replace(freed, true), "memory was freed twice"));
    }

    /// For the end of a model.
    #[track_caller]
    pub(crate) fn assert_freed(&self) {
        self.freed.read(|freed| assert!(freed, "memory was never freed"));
    }
}
