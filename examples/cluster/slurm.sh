#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# Workers of a sweep as one Slurm job of several nodes, without an array:
#   sbatch examples/cluster/slurm.sh plans/deviation
# Two minutes before the time ends every worker saves its task; the job then puts itself back into the queue.
#SBATCH --job-name=apical-workers
#SBATCH --nodes=2
#SBATCH --ntasks-per-node=8
#SBATCH --cpus-per-task=2
#SBATCH --time=04:00:00
#SBATCH --requeue
#SBATCH --open-mode=append
#SBATCH --signal=B:USR1@120

workers="" time_ends=0 told_to_end=0
trap 'time_ends=1; [ -z "$workers" ] || kill -USR1 "$workers"' USR1 # srun passes it on
trap 'told_to_end=1; [ -z "$workers" ] || kill -TERM "$workers"' TERM
srun --kill-on-bad-exit=0 --mpi=none apical sweep run "$1" --threads 2 --quiet --wait &
workers=$!
if [ $((time_ends + told_to_end)) -gt 0 ]; then kill -TERM "$workers"; fi
wait "$workers"
code=$?
while [ "$code" -gt 128 ] && kill -0 "$workers" 2> /dev/null; do # a signal ends 'wait', not the workers
  wait "$workers"
  code=$?
done
if [ "$code" -gt 128 ]; then
  wait "$workers"
  code=$?
fi
# Back into the queue when the time ended, a hundred times at most; not when somebody cancelled it.
case $code in 75 | 138 | 143) stopped=1 ;; *) stopped=0 ;; esac
if [ $((stopped && time_ends && !told_to_end)) -eq 1 ] && [ "${SLURM_RESTART_COUNT:-0}" -lt 100 ]; then
  scontrol requeue "$SLURM_JOB_ID"
fi
exit "$code"
