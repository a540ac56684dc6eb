//! Names: actors found by a text that people chose, within one machine.
//!
//! | in a handler       | on any thread          |                                                        |
//! |--------------------|------------------------|--------------------------------------------------------|
//! | [`register`]       | [`Vm::register`]       | a name for an actor that lives                         |
//! | [`spawn_named`]    | [`Vm::spawn_named`]    | a new actor with a name, or the actor's state back     |
//! | [`lookup`]         | [`Vm::lookup`]         | the reference, of the type that it was registered with |
//! | [`lookup_process`] | [`Vm::lookup_process`] | the same for processes                                 |
//! | [`whereis`]        | [`Vm::whereis`]        | the actor's id, whatever its type                      |
//! | [`unregister`]     | [`Vm::unregister`]     | the name is free, the actor lives on                   |
//! |                    | [`Vm::names`]          | all names in use                                       |
//!
//! **A name is a strong reference**: a named actor stays though nobody else holds it, until it is stopped or the name
//! is unregistered. One actor may have several names. At its end all of them are free before anyone is told: whoever
//! hears of the death, by a failed call or otherwise, can register a successor at once.
//!
//! This file is what users see of it; the table is the `directory`'s.

use std::fmt;
use std::sync::Arc;

use crate::actor::Actor;
use crate::cell::Header;
use crate::directory::Bearer;
use crate::id::ActorId;
use crate::inside::here;
use crate::process::ProcessRef;
use crate::refs::Ref;
use crate::vm::Vm;

/// What can be registered under a name: a [`Ref`] or a [`ProcessRef`].
#[allow(private_bounds, reason = "sealed: what bears a name has an actor's cell")]
pub trait Nameable: Bearer + Clone {}

impl<A: ?Sized + 'static> Nameable for Ref<A> {}

impl<A: ?Sized + 'static> Bearer for Ref<A> {
    fn actor(&self) -> &Header {
        self.header()
    }

    fn refers_to(&self) -> &'static str {
        std::any::type_name::<A>()
    }
}

impl<M: Send + 'static> Nameable for ProcessRef<M> {}

impl<M: Send + 'static> Bearer for ProcessRef<M> {
    fn actor(&self) -> &Header {
        self.header()
    }

    fn refers_to(&self) -> &'static str {
        std::any::type_name::<ProcessRef<M>>()
    }
}

impl Vm {
    /// Registers an actor or a process of this machine under a name. The name is a strong reference: it keeps the actor
    /// until it is [unregistered](Self::unregister) or the actor is stopped. One actor may have several names.
    ///
    /// ```
    /// use greenroom::{NameError, prelude::*};
    /// # #[derive(Debug)] struct Store; impl Actor for Store {}
    /// # let vm = Vm::builder().workers(1).build()?;
    /// let store = vm.spawn(Store);
    /// vm.register("store", &store)?;
    /// assert_eq!(vm.lookup::<Store>("store")?, store);
    /// assert_eq!(vm.whereis("store"), Some(store.id()));
    /// assert!(matches!(vm.register("store", &vm.spawn(Store)), Err(NameError::Taken { .. })));
    /// # Ok::<(), greenroom::Error>(())
    /// ```
    ///
    /// # Errors
    /// If the name is taken or empty, or the actor has ended or is another machine's.
    pub fn register<R: Nameable>(&self, name: impl Into<Arc<str>>, actor: &R) -> Result<(), NameError> {
        self.core.directory.register(&self.core.registry, self.core.full_name_of(name.into()), actor)
    }

    /// Spawns an actor under a name: at no time is it there without.
    ///
    /// ```
    /// use greenroom::prelude::*;
    /// # #[derive(PartialEq, Debug)] struct Store(u32); impl Actor for Store {}
    /// # let vm = Vm::builder().workers(1).build()?;
    /// vm.spawn_named("store", Store(1))?;
    /// let refused = vm.spawn_named("store", Store(2)).unwrap_err();
    /// assert_eq!(refused.actor, Store(2));
    /// # Ok::<(), greenroom::Error>(())
    /// ```
    ///
    /// # Errors
    /// If the name is taken or empty; what was to be spawned comes back.
    pub fn spawn_named<A: Actor>(
        &self,
        name: impl Into<Arc<str>>,
        actor: A,
    ) -> Result<Ref<A>, SpawnNamedError<A>> {
        self.core.directory.spawn(&self.core, self.core.full_name_of(name.into()), actor)
    }

    /// The actor that is registered under a name, by the type that it was registered as. Costs a read lock and a hash of
    /// the name; who sends often keeps the reference.
    ///
    /// # Errors
    /// If the name is unknown, or stands for something of another type.
    pub fn lookup<A: ?Sized + 'static>(&self, name: &str) -> Result<Ref<A>, NameError> {
        self.core.directory.find(&self.core.full_name(name), std::any::type_name::<A>())
    }

    /// As [`lookup`](Self::lookup), for a process.
    ///
    /// ```
    /// use greenroom::prelude::*;
    /// # let vm = Vm::builder().workers(1).build()?;
    /// vm.register("log", &vm.process(|inbox: Inbox<String>| while inbox.recv().is_ok() {}))?;
    /// vm.lookup_process::<String>("log")?.send("hello".to_owned())?;
    /// # Ok::<(), greenroom::Error>(())
    /// ```
    ///
    /// # Errors
    /// As for `lookup`.
    pub fn lookup_process<M: Send + 'static>(&self, name: &str) -> Result<ProcessRef<M>, NameError> {
        self.core.directory.find(&self.core.full_name(name), std::any::type_name::<ProcessRef<M>>())
    }

    /// The id of what is registered under a name, whatever its type.
    pub fn whereis(&self, name: &str) -> Option<ActorId> {
        self.core.directory.whereis(&self.core.full_name(name))
    }

    /// Frees a name. The actor lives on, if somebody else holds a reference to it.
    ///
    /// # Errors
    /// If the name is unknown, as it is when its actor has ended.
    pub fn unregister(&self, name: &str) -> Result<(), NameError> {
        self.core.directory.unregister(&self.core.registry, &self.core.full_name(name))
    }

    /// All names that are in use, in alphabetical order.
    pub fn names(&self) -> Vec<Arc<str>> {
        self.core.directory.all()
    }
}

/// As [`Vm::register`], in the machine that runs the caller.
///
/// ```
/// use greenroom::{NameError, lookup, prelude::*, register, unregister};
/// # struct Store; impl Actor for Store {}
/// # let vm = Vm::builder().workers(1).build()?;
/// vm.run(|| {
///     let store = spawn(Store);
///     register("store", &store)?;
///     assert_eq!(lookup::<Store>("store")?, store);
///     unregister("store")?;
///     assert!(matches!(lookup::<Store>("store"), Err(NameError::Unknown { .. })));
///     Ok::<(), NameError>(())
/// })??;
/// # Ok::<(), greenroom::Error>(())
/// ```
///
/// # Errors
/// As for [`Vm::register`].
///
/// # Panics
/// On a plain thread, which has no machine.
pub fn register<R: Nameable>(name: impl Into<Arc<str>>, actor: &R) -> Result<(), NameError> {
    let core = &here("register").core;
    core.directory.register(&core.registry, core.full_name_of(name.into()), actor)
}

/// As [`Vm::spawn_named`], in the machine that runs the caller.
///
/// # Errors
/// As for [`Vm::spawn_named`].
///
/// # Panics
/// On a plain thread, which has no machine.
pub fn spawn_named<A: Actor>(name: impl Into<Arc<str>>, actor: A) -> Result<Ref<A>, SpawnNamedError<A>> {
    let core = &here("spawn_named").core;
    core.directory.spawn(core, core.full_name_of(name.into()), actor)
}

/// As [`Vm::lookup`], in the machine that runs the caller.
///
/// # Errors
/// As for [`Vm::lookup`].
///
/// # Panics
/// On a plain thread, which has no machine.
pub fn lookup<A: ?Sized + 'static>(name: &str) -> Result<Ref<A>, NameError> {
    let core = &here("lookup").core;
    core.directory.find(&core.full_name(name), std::any::type_name::<A>())
}

/// As [`Vm::lookup_process`], in the machine that runs the caller.
///
/// # Errors
/// As for [`Vm::lookup_process`].
///
/// # Panics
/// On a plain thread, which has no machine.
pub fn lookup_process<M: Send + 'static>(name: &str) -> Result<ProcessRef<M>, NameError> {
    let core = &here("lookup_process").core;
    core.directory.find(&core.full_name(name), std::any::type_name::<ProcessRef<M>>())
}

/// As [`Vm::whereis`], in the machine that runs the caller.
///
/// # Panics
/// On a plain thread, which has no machine.
pub fn whereis(name: &str) -> Option<ActorId> {
    let core = &here("whereis").core;
    core.directory.whereis(&core.full_name(name))
}

/// As [`Vm::unregister`], in the machine that runs the caller.
///
/// # Errors
/// As for [`Vm::unregister`].
///
/// # Panics
/// On a plain thread, which has no machine.
pub fn unregister(name: &str) -> Result<(), NameError> {
    let core = &here("unregister").core;
    core.directory.unregister(&core.registry, &core.full_name(name))
}

/// Why a name was not given, found or freed. It can be sent, so it can be a reply.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum NameError {
    /// The name stands for another actor, or for this one already.
    Taken {
        /// The name.
        name: Arc<str>,
        /// The actor that has it, as its reference prints: `Counter#0.7`.
        by: String,
    },
    /// Nothing is registered under the name.
    Unknown {
        /// The name.
        name: Arc<str>,
    },
    /// The name stands for something of another type.
    WrongType {
        /// The name.
        name: Arc<str>,
        /// What it was registered as.
        registered: &'static str,
        /// What was asked for.
        asked: &'static str,
    },
    /// The actor that was to get the name has ended.
    Ended {
        /// The name, which is free.
        name: Arc<str>,
    },
    /// The actor that was to get the name lives on another machine.
    Elsewhere {
        /// The name.
        name: Arc<str>,
        /// The actor, as its reference prints.
        actor: String,
    },
    /// The name has no characters.
    Empty,
}

impl fmt::Display for NameError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            NameError::Taken { name, by } => {
                write!(f, "the name {name:?} is taken by {by}: choose another, or unregister it first")
            }
            NameError::Unknown { name } => {
                write!(f, "nothing is registered as {name:?}: register an actor under that name first")
            }
            NameError::WrongType { name, registered, asked } => {
                write!(f, "{name:?} is registered as {registered}, not as {asked}: look it up as the former")
            }
            NameError::Ended { name } => {
                write!(f, "the actor to be registered as {name:?} has ended: register one that lives")
            }
            NameError::Elsewhere { name, actor } => {
                write!(
                    f,
                    "{actor}, to be registered as {name:?}, lives on another machine: register it there"
                )
            }
            NameError::Empty => f.write_str("a name is not empty: give it at least one character"),
        }
    }
}

impl std::error::Error for NameError {}

/// No actor was spawned under that name; here is what it was to be made of.
pub struct SpawnNamedError<A> {
    /// The actor's state.
    pub actor: A,
    /// What is wrong with the name.
    pub error: NameError,
}

impl<A> fmt::Display for SpawnNamedError<A> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.error.fmt(f)
    }
}

impl<A> fmt::Debug for SpawnNamedError<A> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SpawnNamedError").field("error", &self.error).finish_non_exhaustive()
    }
}

impl<A> std::error::Error for SpawnNamedError<A> {}
