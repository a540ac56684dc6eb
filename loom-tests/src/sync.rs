//! The `sync` that the mounted files import here: loom's atomics, each ordering named by its place.
//!
//! It knows no model and no weakening: it asks [`weakening`](crate::weakening) what the ordering at the
//! caller's place is to be, and outside a weakening run the answer is what was written there.
//!
//! Two things differ from hardware, and both hide bugs rather than invent them: loom's
//! `compare_exchange_weak` never fails without a cause, and a failed exchange always reads the newest value.

pub(crate) use core::sync::atomic::Ordering;

use crate::weakening::ordering_here;

/// Nothing: it costs time and has no meaning, and loom would take it for a wait and run the other threads.
pub(crate) fn spin_loop() {}

/// `fence` of `core::sync::atomic`. A fence that is weakened to nothing is left out.
#[track_caller]
pub(crate) fn fence(order: Ordering) {
    match ordering_here(0, order) {
        Ordering::Relaxed => {}
        order => loom::sync::atomic::fence(order),
    }
}

/// An atomic with the operations that all of them have.
macro_rules! atomic {
    ($name:ident $(<$parameter:ident>)?, $value:ty) => {
        /// The atomic of the same name, in loom.
        #[derive(Debug)]
        pub(crate) struct $name $(<$parameter>)? (loom::sync::atomic::$name $(<$parameter>)?);

        #[allow(dead_code)]
        impl $(<$parameter>)? $name $(<$parameter>)? {
            #[track_caller]
            pub(crate) fn new(value: $value) -> Self {
                Self(loom::sync::atomic::$name::new(value))
            }

            #[track_caller]
            pub(crate) fn load(&self, order: Ordering) -> $value {
                self.0.load(ordering_here(0, order))
            }

            #[track_caller]
            pub(crate) fn store(&self, value: $value, order: Ordering) {
                self.0.store(value, ordering_here(0, order));
            }

            #[track_caller]
            pub(crate) fn swap(&self, value: $value, order: Ordering) -> $value {
                self.0.swap(value, ordering_here(0, order))
            }

            #[track_caller]
            pub(crate) fn compare_exchange(
                &self,
                current: $value,
                new: $value,
                success: Ordering,
                failure: Ordering,
            ) -> Result<$value, $value> {
                let (success, failure) = (ordering_here(0, success), ordering_here(1, failure));
                self.0.compare_exchange(current, new, success, failure)
            }

            #[track_caller]
            pub(crate) fn compare_exchange_weak(
                &self,
                current: $value,
                new: $value,
                success: Ordering,
                failure: Ordering,
            ) -> Result<$value, $value> {
                let (success, failure) = (ordering_here(0, success), ordering_here(1, failure));
                self.0.compare_exchange_weak(current, new, success, failure)
            }
        }
    };
}

/// What an atomic that counts, or holds flags, has besides.
macro_rules! arithmetic {
    ($name:ident, $value:ty, $($method:ident),*) => {
        #[allow(dead_code)]
        impl $name {
            $(
                #[track_caller]
                pub(crate) fn $method(&self, value: $value, order: Ordering) -> $value {
                    self.0.$method(value, ordering_here(0, order))
                }
            )*
        }
    };
}

atomic!(AtomicPtr<T>, *mut T);
atomic!(AtomicBool, bool);
atomic!(AtomicU8, u8);
atomic!(AtomicU32, u32);
atomic!(AtomicU64, u64);
atomic!(AtomicUsize, usize);
arithmetic!(AtomicBool, bool, fetch_and, fetch_or);
arithmetic!(AtomicU32, u32, fetch_add, fetch_sub, fetch_and, fetch_or);
arithmetic!(AtomicU64, u64, fetch_add, fetch_sub, fetch_and, fetch_or);
arithmetic!(AtomicUsize, usize, fetch_add, fetch_sub, fetch_and, fetch_or);

/// `parking_lot::Mutex`, as far as it is used: a lock that a panic does not poison.
#[derive(Debug)]
pub(crate) struct Mutex<T>(loom::sync::Mutex<T>);

impl<T> Mutex<T> {
    #[track_caller]
    pub(crate) fn new(value: T) -> Self {
        Mutex(loom::sync::Mutex::new(value))
    }

    #[track_caller]
    pub(crate) fn lock(&self) -> loom::sync::MutexGuard<'_, T> {
        self.0.lock().expect("a model that panics ends for all its threads")
    }
}
