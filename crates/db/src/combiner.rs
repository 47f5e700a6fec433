//! One call for all who wait at the same moment.
//!
//! Whoever comes while a call is under way waits; when it ends, the first of those waiting makes the next call for up
//! to [`MOST`] of them. So a call that nobody waits with goes out at once, alone, and the busier it gets, the more go
//! together: nobody waits for a timer. There is never more than one call of a kind under way.

use std::{
    collections::VecDeque,
    pin::pin,
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicUsize, Ordering},
    },
};

use tokio::{
    sync::{Mutex as Line, oneshot},
    time::timeout,
};

use crate::{
    Db, DbError, retry,
    turns::{PATIENCE, Turns},
};

/// So many go together at most.
const MOST: usize = 32;

/// Collects questions of a kind.
pub struct Combiner<Q, A> {
    waiting: Mutex<VecDeque<(Q, oneshot::Sender<A>)>>,
    /// How many wait, for whoever gives the turns.
    crowd: Arc<AtomicUsize>,
    line: Line<()>,
    turns: Turns,
}

impl<Q: Clone, A> Combiner<Q, A> {
    /// One whose calls go to this database.
    pub fn new(db: &Db) -> Self {
        Self::with(db.turns().clone())
    }

    fn with(turns: Turns) -> Self {
        Self { waiting: Mutex::default(), crowd: Arc::default(), line: Line::default(), turns }
    }

    /// The answer to `question`, from a call of `ask` that somebody makes: it is given some questions, no two of which
    /// are `same`, and answers each in its place.
    pub async fn ask<F: Future<Output = Vec<A>>>(
        &self,
        question: Q,
        same: impl Fn(&Q, &Q) -> bool,
        ask: impl Fn(Vec<Q>) -> F,
    ) -> A {
        loop {
            let (tell, mut told) = oneshot::channel();
            self.change(|waiting| waiting.push_back((question.clone(), tell)));
            // Whoever made the call may have been cut off in it: then nobody will tell, and it is asked again.
            loop {
                let first = async {
                    let first = self.line.lock().await;
                    (first, self.turns.take(&self.crowd).await)
                };
                let (first, turn) = tokio::select! {
                    biased;
                    answer = &mut told => match answer {
                        Ok(answer) => return answer,
                        Err(_) => break,
                    },
                    both = first => both,
                };
                let_others_come().await;
                let (questions, tellers): (Vec<Q>, Vec<_>) = self.take(&same).into_iter().unzip();
                // Told by the call before, between its end and this turn.
                if questions.is_empty() {
                    drop((first, turn));
                    continue;
                }
                let mut call = pin!(ask(questions));
                let answers = if let Ok(answers) = timeout(PATIENCE, &mut call).await {
                    answers
                } else {
                    drop(turn);
                    call.await
                };
                for (answer, tell) in answers.into_iter().zip(tellers) {
                    let _ = tell.send(answer);
                }
            }
        }
    }

    /// Those who have waited longest, up to the first who asks the same as one before.
    fn take(&self, same: impl Fn(&Q, &Q) -> bool) -> Vec<(Q, oneshot::Sender<A>)> {
        let mut taken: Vec<(Q, oneshot::Sender<A>)> = Vec::new();
        self.change(|waiting| {
            while taken.len() < MOST {
                let Some((next, tell)) = waiting.pop_front() else { break };
                if taken.iter().any(|(question, _)| same(question, &next)) {
                    waiting.push_front((next, tell));
                    break;
                }
                // Whoever has gone away is not asked for.
                if !tell.is_closed() {
                    taken.push((next, tell));
                }
            }
        });
        taken
    }

    /// Answers all who wait for the next call.
    fn answer_waiting(&self, answer: impl Fn() -> A) {
        let mut waiting = VecDeque::new();
        self.change(|all| waiting = std::mem::take(all));
        for (_, tell) in waiting {
            let _ = tell.send(answer());
        }
    }

    fn change(&self, change: impl FnOnce(&mut VecDeque<(Q, oneshot::Sender<A>)>)) {
        let mut waiting = self.waiting.lock().unwrap_or_else(PoisonError::into_inner);
        change(&mut waiting);
        self.crowd.store(waiting.len(), Ordering::Relaxed);
    }
}

/// Those who were told together by the call before are on their way here: what can run on this thread runs first. Three
/// rounds, for each of them has some steps to make.
async fn let_others_come() {
    for _ in 0..3 {
        tokio::task::yield_now().await;
    }
}

/// Questions that PostgreSQL is asked together. Clones share them.
pub struct Together<Q, A>(Arc<Combiner<Arc<Q>, Result<A, DbError>>>);

impl<Q, A> Clone for Together<Q, A> {
    fn clone(&self) -> Self {
        Self(self.0.clone())
    }
}

impl<Q, A> Together<Q, A> {
    pub fn new(db: &Db) -> Self {
        Self(Arc::new(Combiner::new(db)))
    }

    /// As [`Combiner::ask`]; a call that fails fails for all of them, and one that got no connection also for those who
    /// came meanwhile: they would wait as long, to be told the same. Again, when another call had locked the same rows
    /// in another order.
    pub async fn ask<F: Future<Output = Result<Vec<A>, DbError>>>(
        &self,
        question: impl Into<Arc<Q>>,
        same: impl Fn(&Q, &Q) -> bool,
        ask: impl Fn(Vec<Arc<Q>>) -> F,
    ) -> Result<A, DbError> {
        let all = |questions: Vec<Arc<Q>>| {
            let ask = &ask;
            async move {
                match retry(|| ask(questions.clone())).await {
                    Ok(answers) => answers.into_iter().map(Ok).collect(),
                    Err(e) => {
                        let e = Arc::new(e);
                        if matches!(*e, DbError::Pool(_)) {
                            self.0.answer_waiting(|| Err(DbError::Shared(e.clone())));
                        }
                        questions.iter().map(|_| Err(DbError::Shared(e.clone()))).collect()
                    }
                }
            }
        };
        self.0.ask(question.into(), |a, b| same(a, b), all).await
    }
}

#[cfg(test)]
mod tests {
    use std::{
        sync::{
            Arc,
            atomic::{AtomicUsize, Ordering},
        },
        time::Duration,
    };

    use futures_util::future::join_all;
    use tokio::sync::Semaphore;

    use super::*;

    #[tokio::test]
    async fn those_who_wait_go_together_and_each_gets_an_answer_of_her_own() {
        let (combiner, calls) = (Combiner::with(Turns::default()), AtomicUsize::new(0));
        let calls_made = &calls;
        let ask = |questions: Vec<usize>| async move {
            assert!(!questions.is_empty() && questions.len() <= MOST);
            calls_made.fetch_add(1, Ordering::Relaxed);
            tokio::task::yield_now().await;
            questions.iter().map(|n| n * 2).collect()
        };
        let answers = join_all((0..100).map(|n| combiner.ask(n, PartialEq::eq, ask))).await;
        assert_eq!(answers, (0..100).map(|n| n * 2).collect::<Vec<_>>());
        // The first lets those come who are on their way.
        assert_eq!(calls.into_inner(), 4);
    }

    #[tokio::test]
    async fn the_same_question_is_never_twice_in_a_call() {
        let combiner = Combiner::with(Turns::default());
        let ask = |questions: Vec<usize>| async move {
            let mut once = questions.clone();
            once.dedup();
            assert_eq!(once, questions);
            tokio::task::yield_now().await;
            questions
        };
        let answers = join_all([1, 1, 1, 2, 1].map(|n| combiner.ask(n, PartialEq::eq, ask))).await;
        assert_eq!(answers, [1, 1, 1, 2, 1]);
    }

    #[tokio::test]
    async fn who_waits_behind_a_call_that_gets_no_connection_is_told_with_it() {
        let together = Together(Arc::new(Combiner::with(Turns::default())));
        let calls = &AtomicUsize::new(0);
        let ask = |_: Vec<Arc<usize>>| async {
            calls.fetch_add(1, Ordering::Relaxed);
            while together.0.crowd.load(Ordering::Relaxed) < 3 {
                tokio::task::yield_now().await;
            }
            Err::<Vec<()>, _>(DbError::Pool("none".to_owned()))
        };
        let first = together.ask(0, PartialEq::eq, ask);
        let others = async {
            while calls.load(Ordering::Relaxed) == 0 {
                tokio::task::yield_now().await;
            }
            join_all((1..4).map(|n| together.ask(n, PartialEq::eq, ask))).await
        };
        let (first, others) = tokio::join!(first, others);
        assert!(first.is_err() && others.iter().all(Result::is_err));
        assert_eq!(calls.load(Ordering::Relaxed), 1);
    }

    /// The one who asks for all is cut off in the middle: the others ask anew.
    #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
    async fn whoever_was_left_without_an_answer_asks_again() {
        let combiner = Arc::new(Combiner::<usize, usize>::with(Turns::default()));
        let (open, entered) = (Arc::new(Semaphore::new(0)), Arc::new(Semaphore::new(0)));
        let spawn = |n| {
            let (combiner, open, entered) = (combiner.clone(), open.clone(), entered.clone());
            tokio::spawn(async move {
                let ask = |questions: Vec<usize>| async {
                    entered.add_permits(1);
                    open.acquire().await.unwrap().forget();
                    questions
                };
                combiner.ask(n, PartialEq::eq, ask).await
            })
        };
        let first = spawn(1);
        entered.acquire().await.unwrap().forget();
        // In this order: the first of them will make the next call.
        let mut others = Vec::new();
        for n in 2..5 {
            others.push(spawn(n));
            while combiner.crowd.load(Ordering::Relaxed) < others.len() {
                tokio::time::sleep(Duration::from_millis(1)).await;
            }
        }
        // The first call ends; one of the others makes the second for all three, and is cut off in it.
        open.add_permits(1);
        assert_eq!(first.await.unwrap(), 1);
        entered.acquire().await.unwrap().forget();
        let leader = others.remove(0);
        leader.abort();
        // Gone before the door opens: it would go through otherwise.
        assert!(leader.await.is_err());
        open.add_permits(10);
        let rest: Vec<usize> = join_all(others).await.into_iter().map(Result::unwrap).collect();
        assert_eq!(rest, [3, 4]);
    }
}
