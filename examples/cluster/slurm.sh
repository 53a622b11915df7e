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
#SBATCH --signal=USR1@120

srun --kill-on-bad-exit=0 --mpi=none apical sweep run "$1" --threads 2 --quiet --wait &
workers=$!
trap '' USR1 # the workers hear it themselves
wait "$workers"
code=$?
if [ "$code" -eq 75 ] || [ "$code" -eq 138 ]; then scontrol requeue "$SLURM_JOB_ID"; fi
exit "$code"
