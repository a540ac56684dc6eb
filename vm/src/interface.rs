//! Proxies and interfaces: what `#[actor]` implements, so that references have methods and can be seen as `dyn` interfaces.

use std::any::TypeId;
use std::ops::Deref;

use crate::actor::Actor;
use crate::mode::Mode;
use crate::modes::Plain;
use crate::refs::Ref;

/// An actor or an interface whose methods are called through references to it.
///
/// # Safety
/// `Proxy<M>` is `#[repr(transparent)]` over `M::Target<Self>`. `#[actor]` implements this; nobody else should.
#[diagnostic::on_unimplemented(
    message = "`{Self}` has no methods that can be called through a reference",
    note = "put `#[actor]` on its `impl` block, or on the trait if it is one"
)]
pub unsafe trait Active: 'static {
    /// Has a method for each of the actor's methods.
    type Proxy<M: Mode>: FromTarget<Self, M>;
}

/// How a proxy is made.
pub trait FromTarget<T: ?Sized + 'static, M: Mode> {
    /// One that sends to `target`.
    fn from_target(target: M::Target<T>) -> Self;
}

/// A trait whose methods are called through a `Ref<dyn Trait>`.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is no interface of actors",
    label = "its trait lacks `#[actor]`",
    note = "put `#[actor]` on the trait, too; if it is not yours, call it from methods of the actor's own `#[actor] impl`"
)]
pub trait InterfaceProxy: 'static {
    /// Has a method for each of the trait's, for a receiver `T` that implements it.
    type Proxy<M: Mode, T: ?Sized + 'static>: FromTarget<T, M>;
}

/// Every type with an `#[actor]` has this, once: the compiler names it to those who write the attribute on two blocks.
pub trait FurtherInterfacesAreImplementedWithoutTheActorAttribute {}

/// A reference to a `T` is also one to a `Self`.
///
/// # Safety
/// `see` gives back the address that it is given, seen as what stands there.
#[diagnostic::on_unimplemented(
    message = "the actor `{T}` does not implement the interface `{Self}`",
    label = "`{Self}` is wanted here",
    note = "write `#[actor] impl Interface for Actor`, with `#[actor]` on the trait as well"
)]
pub unsafe trait Sees<T: ?Sized> {
    /// The same place, seen as this.
    fn see(state: *mut T) -> *mut Self;
}

// SAFETY: the same address.
unsafe impl<T: Actor> Sees<T> for T {
    fn see(state: *mut T) -> *mut T {
        state
    }
}

/// What is accepted where a method has a parameter of type `Ref<U>`: a reference to a `U`, or to something that
/// implements it, owned or borrowed.
#[diagnostic::on_unimplemented(
    message = "expected a reference to an actor that is or implements `{U}`, got `{Self}`"
)]
pub trait IntoRef<U: ?Sized> {
    /// As a reference to a `U`.
    fn into_ref(self) -> Ref<U>;
}

impl<T: ?Sized, U: ?Sized + Sees<T>> IntoRef<U> for Ref<T> {
    fn into_ref(self) -> Ref<U> {
        // SAFETY: `Sees` promises that.
        Ref::new(unsafe { self.into_to().see_as(U::see) })
    }
}

impl<T: ?Sized, U: ?Sized + Sees<T>> IntoRef<U> for &Ref<T> {
    fn into_ref(self) -> Ref<U> {
        self.clone().into_ref()
    }
}

impl<T: Active + ?Sized> Deref for Ref<T> {
    type Target = T::Proxy<Plain>;

    /// The methods of the actor.
    #[inline]
    fn deref(&self) -> &Self::Target {
        const { assert!(size_of::<Self>() == size_of::<T::Proxy<Plain>>()) };
        // SAFETY: `Plain::Target<T>` is `Ref<T>`, and the proxy is transparent over it, as `Active` promises.
        unsafe { &*std::ptr::from_ref(self).cast::<T::Proxy<Plain>>() }
    }
}

impl<T: ?Sized + 'static> Ref<T> {
    /// The same actor, as a reference to one of its interfaces.
    ///
    /// ```
    /// use greenroom::prelude::*;
    /// #[actor]
    /// trait Greeter { fn greet(&self) -> String; }
    /// struct English;
    /// #[actor]
    /// impl Greeter for English { fn greet(&self) -> String { "hello".into() } }
    ///
    /// let vm = Vm::builder().workers(1).build()?;
    /// let english = vm.spawn(English);
    /// let greeter = english.upcast::<dyn Greeter>();
    /// assert_eq!(greeter.greet()?, "hello");
    /// assert_eq!(greeter.downcast::<English>().unwrap(), english);
    /// # Ok::<(), greenroom::Error>(())
    /// ```
    pub fn upcast<U: ?Sized + Sees<T>>(&self) -> Ref<U> {
        self.into_ref()
    }

    /// The same actor, as a reference to its own type.
    ///
    /// # Errors
    /// The reference itself, if the actor is of another type.
    pub fn downcast<A: Actor>(self) -> Result<Ref<A>, Self> {
        if self.to().raw().class.type_id != TypeId::of::<A>() {
            return Err(self);
        }
        // SAFETY: its class says that the actor is an `A`.
        Ok(Ref::new(unsafe { self.into_to().see_as(|state| state.cast()) }))
    }
}
