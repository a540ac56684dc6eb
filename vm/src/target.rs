//! Where the state of an actor is, seen as its type or as one of its interfaces; and references that are so typed.
//!
//! The header of a cell stands right before its state (see `cell`), so a pointer to the state is all that a typed
//! reference needs: thin for a type, with a vtable for `dyn Interface`. Nobody reads the state through it but
//! whoever holds the right to run the actor.

use std::any::TypeId;
use std::fmt;
use std::marker::PhantomData;
use std::mem::ManuallyDrop;
use std::ops::Deref;
use std::ptr::NonNull;

use crate::cell::Header;
use crate::handle::{Strong, Weak};

/// The place of a state. It keeps nothing.
pub(crate) struct Target<T: ?Sized>(NonNull<T>);

// SAFETY: an address; what is done with it is answered for where it is done.
unsafe impl<T: ?Sized> Send for Target<T> {}
// SAFETY: as above.
unsafe impl<T: ?Sized> Sync for Target<T> {}

impl<T: ?Sized> Clone for Target<T> {
    #[inline]
    fn clone(&self) -> Self {
        *self
    }
}

impl<T: ?Sized> Copy for Target<T> {}

impl<T: ?Sized> Target<T> {
    /// The state, for whoever has the right to it.
    #[inline]
    pub(crate) fn state(self) -> *mut T {
        self.0.as_ptr()
    }

    #[inline]
    fn header(self) -> NonNull<Header> {
        // SAFETY: a target is made from a cell alone, where the header ends at the state.
        unsafe { self.0.cast::<Header>().sub(1) }
    }
}

/// A strong reference to an actor that is, or implements, a `T`.
pub(crate) struct StrongTo<T: ?Sized>(Target<T>);

impl<T> StrongTo<T> {
    /// # Safety
    /// The cell holds a `T`.
    #[inline]
    pub(crate) unsafe fn new(raw: Strong) -> Self {
        let state = raw.state();
        std::mem::forget(raw);
        StrongTo(Target(state.cast()))
    }

    /// The same, if its actor is a `T`.
    pub(crate) fn of(raw: Strong) -> Option<Self>
    where
        T: 'static,
    {
        // SAFETY: its class says that the cell holds a `T`.
        (raw.class.type_id == TypeId::of::<T>()).then(|| unsafe { Self::new(raw) })
    }

    /// A new one, made by the running actor itself, if it is a `T`.
    pub(crate) fn running(cell: &Header) -> Option<Self>
    where
        T: 'static,
    {
        // SAFETY: its class says that the cell holds a `T`.
        (cell.class.type_id == TypeId::of::<T>()).then(|| unsafe { Self::new(Strong::from_inside(cell)) })
    }
}

impl<T: ?Sized> StrongTo<T> {
    /// The same reference, its type forgotten.
    pub(crate) fn into_raw(self) -> Strong {
        let this = ManuallyDrop::new(self);
        // SAFETY: the count is ours, and goes with what comes out.
        unsafe { Strong::new(this.0.header()) }
    }

    /// The same, its type forgotten.
    #[inline]
    pub(crate) fn raw(&self) -> Borrowed<'_> {
        // SAFETY: the count is ours, and is not given up by what is never dropped.
        Borrowed(ManuallyDrop::new(unsafe { Strong::new(self.0.header()) }), PhantomData)
    }

    pub(crate) fn header(&self) -> &Header {
        // SAFETY: the strong count keeps the cell.
        unsafe { self.0.header().as_ref() }
    }

    #[inline]
    pub(crate) fn target(&self) -> Target<T> {
        self.0
    }

    /// The same actor, seen as something else.
    ///
    /// # Safety
    /// `see` gives the address that it is given, and its state is, or implements, a `U`.
    pub(crate) unsafe fn see_as<U: ?Sized>(self, see: impl FnOnce(*mut T) -> *mut U) -> StrongTo<U> {
        let this = ManuallyDrop::new(self);
        let seen = see(this.0.state());
        debug_assert_eq!(seen.cast::<()>(), this.0.state().cast());
        // SAFETY: the address of a state, which is not null.
        StrongTo(Target(unsafe { NonNull::new_unchecked(seen) }))
    }

    pub(crate) fn downgrade(&self) -> WeakTo<T> {
        WeakTo { target: self.0, raw: self.raw().downgrade() }
    }
}

impl<T: ?Sized> Clone for StrongTo<T> {
    #[inline]
    fn clone(&self) -> Self {
        std::mem::forget(Strong::clone(&self.raw()));
        StrongTo(self.0)
    }
}

impl<T: ?Sized> Drop for StrongTo<T> {
    #[inline]
    fn drop(&mut self) {
        // SAFETY: the count is ours, and given up here.
        drop(unsafe { Strong::new(self.0.header()) });
    }
}

/// A strong reference that is somebody else's.
pub(crate) struct Borrowed<'a>(ManuallyDrop<Strong>, PhantomData<&'a ()>);

impl Deref for Borrowed<'_> {
    type Target = Strong;

    #[inline]
    fn deref(&self) -> &Strong {
        &self.0
    }
}

/// A weak reference to an actor that is, or implements, a `T`.
pub(crate) struct WeakTo<T: ?Sized> {
    target: Target<T>,
    pub(crate) raw: Weak,
}

impl<T: ?Sized> WeakTo<T> {
    pub(crate) fn upgrade(&self) -> Option<StrongTo<T>> {
        std::mem::forget(self.raw.upgrade()?);
        Some(StrongTo(self.target))
    }
}

impl<T: ?Sized> Clone for WeakTo<T> {
    fn clone(&self) -> Self {
        WeakTo { target: self.target, raw: self.raw.clone() }
    }
}

impl<T: ?Sized> fmt::Debug for WeakTo<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.raw.describe())
    }
}
