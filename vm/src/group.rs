//! Groups: actors that are sent to together. Who is in one, not how they are sent to: see `group_modes`.
//!
//! The list of members is copied when it changes while somebody still sends along it: each sending goes to those who
//! were members when it began. The lock is held to look at the list or to change it, never while anything is sent, or
//! dropped: the last reference to an actor may go with a member.

use std::collections::HashSet;
use std::fmt;
use std::mem;
use std::sync::Arc;

use parking_lot::Mutex;

use crate::actor::Actor;
use crate::interface::IntoRef;
use crate::names::{self, NameError};
use crate::refs::Ref;

/// Actors that are sent to together: of one type, or with one interface.
///
/// Clones are the same group. A member is in once, and stays until it is [removed](Self::remove) or ends: those that have
/// ended leave by themselves. A group keeps its members, as a [`Ref`] does. Members are in the order in which they came.
///
/// [`cast`](Self::cast) sends one-way to all, [`each`](Self::each) gathers their replies.
///
/// ```
/// use greenroom::prelude::*;
///
/// #[derive(Default)]
/// struct Counter { value: u64 }
/// #[actor]
/// impl Counter {
///     #[cast]
///     fn add(&mut self, by: u64) { self.value += by }
///     fn value(&self) -> u64 { self.value }
/// }
///
/// let vm = Vm::builder().workers(1).build()?;
/// let team: Group<Counter> = (0..8).map(|_| vm.spawn(Counter::default())).collect();
/// assert_eq!(team.cast().add(1), 8);
/// let sum: u64 = team.each().value().all()?.into_iter().sum();
/// assert_eq!(sum, 8);
/// # Ok::<(), greenroom::Error>(())
/// ```
pub struct Group<T: ?Sized> {
    members: Arc<Mutex<Members<T>>>,
}

struct Members<T: ?Sized> {
    list: Arc<Vec<Ref<T>>>,
    /// Where the cells of those in the list are: no two that are kept are at the same place.
    known: HashSet<usize>,
}

impl<T: ?Sized> Group<T> {
    /// A group without members.
    pub fn new() -> Self {
        let members = Members { list: Arc::new(Vec::new()), known: HashSet::new() };
        Group { members: Arc::new(Mutex::new(members)) }
    }

    /// Adds an actor: what is sent from now on reaches it too. False if it is a member already, or has ended.
    ///
    /// ```
    /// # use greenroom::prelude::*;
    /// # struct Idle;
    /// # #[actor]
    /// # impl Idle { fn rest(&self) {} }
    /// # let vm = Vm::builder().workers(1).build()?;
    /// let (group, actor) = (Group::<Idle>::new(), vm.spawn(Idle));
    /// assert!(group.add(&actor));
    /// assert!(!group.add(&actor), "it is in already");
    /// assert!(group.remove(&actor));
    /// assert!(group.is_empty());
    /// # Ok::<(), greenroom::Error>(())
    /// ```
    pub fn add(&self, actor: impl IntoRef<T>) -> bool {
        let actor = actor.into_ref();
        let mut members = self.members.lock();
        // Often enough that a group whose members come and go stays small, and seldom enough to cost nothing.
        let gone = if members.is_full() { members.take_ended() } else { Vec::new() };
        let is_new = !has_ended(&actor) && members.known.insert(place(&actor));
        // One that is not added is dropped when the lock is not held.
        let mut refused = Some(actor);
        if is_new {
            Arc::make_mut(&mut members.list).extend(refused.take());
        }
        drop(members);
        drop((gone, refused));
        is_new
    }

    /// Removes an actor: what is sent from now on does not reach it. False if it is no member.
    pub fn remove<U: ?Sized>(&self, actor: &Ref<U>) -> bool {
        let mut members = self.members.lock();
        if !members.known.remove(&place(actor)) {
            return false;
        }
        let index = members.list.iter().position(|member| place(member) == place(actor));
        let removed = index.map(|index| Arc::make_mut(&mut members.list).remove(index));
        drop(members);
        removed.is_some_and(|member| !has_ended(&member))
    }

    /// Whether an actor is a member, and lives.
    pub fn contains<U: ?Sized>(&self, actor: &Ref<U>) -> bool {
        !has_ended(actor) && self.members.lock().known.contains(&place(actor))
    }

    /// The members that live, in the order in which they came.
    pub fn members(&self) -> Vec<Ref<T>> {
        self.snapshot().to_vec()
    }

    /// How many members live.
    pub fn len(&self) -> usize {
        self.snapshot().len()
    }

    /// Whether no member lives.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// The members that live now, for one sending. Costs a look at each.
    pub(crate) fn snapshot(&self) -> Arc<Vec<Ref<T>>> {
        let mut members = self.members.lock();
        let gone = members.take_ended();
        let list = Arc::clone(&members.list);
        drop(members);
        drop(gone);
        list
    }
}

/// Members by their [names](crate::register), looked up when they are added or removed.
impl<T: Actor> Group<T> {
    /// Adds the actor that is registered under a name, in the machine that runs the caller. The name's next bearer is
    /// another actor: add it too. On a plain thread, and in a group of an interface, [`add`](Self::add) what was looked up.
    ///
    /// ```
    /// use greenroom::{prelude::*, spawn_named};
    /// # #[derive(Debug)] struct Store;
    /// # impl Actor for Store {}
    /// # let vm = Vm::builder().workers(1).build()?;
    /// let stores = vm.run(|| {
    ///     spawn_named("store", Store)?;
    ///     let stores = Group::<Store>::new();
    ///     assert!(stores.add_named("store")?);
    ///     Ok::<_, greenroom::Error>(stores)
    /// })??;
    /// stores.add(vm.lookup::<Store>("store")?);
    /// assert_eq!(stores.len(), 1, "it is the same actor");
    /// # Ok::<(), greenroom::Error>(())
    /// ```
    ///
    /// # Errors
    /// As for [`lookup`](crate::lookup). False, as of [`add`](Self::add), if the actor is a member already.
    ///
    /// # Panics
    /// On a plain thread, which has no machine.
    pub fn add_named(&self, name: &str) -> Result<bool, NameError> {
        Ok(self.add(names::lookup::<T>(name)?))
    }

    /// Removes the actor that is registered under a name. False if it is no member.
    ///
    /// # Errors
    /// As for [`lookup`](crate::lookup).
    ///
    /// # Panics
    /// On a plain thread, which has no machine.
    pub fn remove_named(&self, name: &str) -> Result<bool, NameError> {
        Ok(self.remove(&names::lookup::<T>(name)?))
    }
}

impl<T: ?Sized> Members<T> {
    fn is_full(&self) -> bool {
        self.list.len() == self.list.capacity()
    }

    /// Removes those that have ended.
    fn take_ended(&mut self) -> Vec<Ref<T>> {
        if !self.list.iter().any(has_ended) {
            return Vec::new();
        }
        let list = Arc::make_mut(&mut self.list);
        let (gone, left): (Vec<_>, Vec<_>) = mem::take(list).into_iter().partition(has_ended);
        *list = left;
        for member in &gone {
            self.known.remove(&place(member));
        }
        gone
    }
}

/// Where its cell is.
fn place<T: ?Sized>(actor: &Ref<T>) -> usize {
    actor.to().raw().address().addr().get()
}

fn has_ended<T: ?Sized>(actor: &Ref<T>) -> bool {
    actor.to().raw().mailbox.is_closed()
}

impl<T: ?Sized> Default for Group<T> {
    fn default() -> Self {
        Self::new()
    }
}

impl<T: ?Sized> Clone for Group<T> {
    fn clone(&self) -> Self {
        Group { members: Arc::clone(&self.members) }
    }
}

/// Its members.
impl<T: ?Sized> fmt::Debug for Group<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_list().entries(self.snapshot().iter()).finish()
    }
}

/// A group of `dyn Interface` takes references to all that implement it, owned or borrowed.
impl<T: ?Sized, R: IntoRef<T>> FromIterator<R> for Group<T> {
    fn from_iter<I: IntoIterator<Item = R>>(actors: I) -> Self {
        let mut group = Self::new();
        group.extend(actors);
        group
    }
}

impl<T: ?Sized, R: IntoRef<T>> Extend<R> for Group<T> {
    fn extend<I: IntoIterator<Item = R>>(&mut self, actors: I) {
        for actor in actors {
            self.add(actor);
        }
    }
}
