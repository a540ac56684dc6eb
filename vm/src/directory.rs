//! The directory of a machine: which name stands for which actor.
//!
//! It knows references, not what they can be sent. Each name holds one reference, with its type forgotten and found
//! again at a lookup. The other half of a name is its actor's [`Attachment`], by which the actor's end frees it:
//!
//! | step       | under the directory's lock                           | and then                             |
//! |------------|------------------------------------------------------|--------------------------------------|
//! | register   | attach to the actor, which fails if it ends; enter   |                                      |
//! | unregister | take out; detach from the actor                      | drop the reference                   |
//! | the end    | (attachments are taken before) take out, if still it | drop the reference, tell everybody   |
//!
//! A reference is dropped outside the lock: it may be its actor's last. The lock of the registry's shard is taken
//! inside the directory's, never the other way round.

use std::any::Any;
use std::collections::HashMap;
use std::collections::hash_map::Entry;
use std::ptr;
use std::sync::Arc;

use parking_lot::RwLock;

use crate::actor::Actor;
use crate::attachments::Attachment;
use crate::cell::Header;
use crate::core::Core;
use crate::id::ActorId;
use crate::names::{NameError, SpawnNamedError};
use crate::refs::Ref;
use crate::registry::Registry;

/// What a reference has to tell to bear a name.
pub(crate) trait Bearer: Any + Send + Sync {
    /// The actor's cell.
    fn actor(&self) -> &Header;

    /// What it is a reference to, as an error names it.
    fn refers_to(&self) -> &'static str;
}

/// References by name.
pub(crate) type Names = HashMap<Arc<str>, Box<dyn Bearer>>;

/// See the head of this file.
#[derive(Default)]
pub(crate) struct Directory {
    names: RwLock<Names>,
}

impl Directory {
    /// Has `name` stand for `reference`, until its actor ends.
    pub(crate) fn register<R: Bearer + Clone>(
        &self,
        registry: &Registry,
        name: Arc<str>,
        reference: &R,
    ) -> Result<(), NameError> {
        let actor = reference.actor();
        check(&name)?;
        if actor.mailbox.is_closed() {
            return Err(NameError::Ended { name });
        }
        if actor.id.machine() != registry.machine() {
            return Err(NameError::Elsewhere { name, actor: actor.describe() });
        }
        let reference = Box::new(reference.clone());
        match self.names.write().entry(Arc::clone(&name)) {
            Entry::Occupied(taken) => Err(taken_by(name, &**taken.get())),
            Entry::Vacant(place) => {
                if registry.attach(actor, Attachment::Name(Arc::clone(&name))).is_err() {
                    return Err(NameError::Ended { name });
                }
                place.insert(reference);
                Ok(())
            }
        }
    }

    /// Spawns an actor of that name, if the name is free: nobody sees it without.
    pub(crate) fn spawn<A: Actor>(
        &self,
        core: &Core,
        name: Arc<str>,
        actor: A,
    ) -> Result<Ref<A>, SpawnNamedError<A>> {
        if let Err(error) = check(&name) {
            return Err(SpawnNamedError { actor, error });
        }
        core.check_stack();
        match self.names.write().entry(Arc::clone(&name)) {
            Entry::Occupied(taken) => Err(SpawnNamedError { actor, error: taken_by(name, &**taken.get()) }),
            Entry::Vacant(place) => {
                // Nothing of the actor's runs in here: it is spawned at rest.
                let actor = core.spawn_unchecked(actor);
                let attached = core.registry.attach(actor.actor(), Attachment::Name(name));
                assert!(attached.is_ok(), "an actor that nobody knows yet has not ended");
                place.insert(Box::new(actor.clone()));
                Ok(actor)
            }
        }
    }

    /// The reference that was registered under `name`.
    pub(crate) fn find<R: Bearer + Clone>(&self, name: &str, asked: &'static str) -> Result<R, NameError> {
        let names = self.names.read();
        let Some(found) = names.get(name) else { return Err(NameError::Unknown { name: name.into() }) };
        let any: &dyn Any = &**found;
        match any.downcast_ref::<R>() {
            Some(reference) => Ok(reference.clone()),
            None => Err(NameError::WrongType { name: name.into(), registered: found.refers_to(), asked }),
        }
    }

    pub(crate) fn whereis(&self, name: &str) -> Option<ActorId> {
        Some(self.names.read().get(name)?.actor().id)
    }

    /// Frees a name whose actor lives on.
    pub(crate) fn unregister(&self, registry: &Registry, name: &str) -> Result<(), NameError> {
        let mut names = self.names.write();
        let Some((name, reference)) = names.remove_entry(name) else {
            return Err(NameError::Unknown { name: name.into() });
        };
        // Not there, if the actor ends just now and its end has it already.
        registry.detach(reference.actor(), |attached| *attached == Attachment::Name(Arc::clone(&name)));
        drop(names);
        drop(reference);
        Ok(())
    }

    /// Frees a name whose actor ends, unless it stands for another by now.
    pub(crate) fn free(&self, name: &str, actor: &Header) {
        let mut names = self.names.write();
        let stands = names.get(name).is_some_and(|reference| ptr::eq(reference.actor(), actor));
        let reference = if stands { names.remove(name) } else { None };
        drop(names);
        drop(reference);
    }

    /// All names in use, in order.
    pub(crate) fn all(&self) -> Vec<Arc<str>> {
        let mut all: Vec<_> = self.names.read().keys().cloned().collect();
        all.sort_unstable();
        all
    }

    /// Empties it, at the machine's end.
    pub(crate) fn take_all(&self) -> Names {
        std::mem::take(&mut *self.names.write())
    }
}

fn check(name: &Arc<str>) -> Result<(), NameError> {
    if name.is_empty() { Err(NameError::Empty) } else { Ok(()) }
}

fn taken_by(name: Arc<str>, bearer: &dyn Bearer) -> NameError {
    NameError::Taken { name, by: bearer.actor().describe() }
}
