"""Everything about measuring under /api/v1/."""

from django.urls import path

from evaluations.api import (
    answers,
    boards,
    catalogue,
    claims,
    queue,
    reports,
    rescorings,
    runs,
    scores,
    uploads,
    workers,
)

urlpatterns = [
    path("benchmarks/", catalogue.BenchmarkList.as_view(), name="api_benchmark_list"),
    path(
        "benchmarks/<slug:slug>/", catalogue.BenchmarkDetail.as_view(), name="api_benchmark_detail"
    ),
    path("recipes/", catalogue.RecipeList.as_view(), name="api_recipe_list"),
    path("recipes/<str:digest>/", catalogue.RecipeDetail.as_view(), name="api_recipe_detail"),
    path(
        "checkpoints/<int:pk>/report/",
        reports.CheckpointReport.as_view(),
        name="api_checkpoint_report",
    ),
    path("rescorings/", rescorings.RescoringList.as_view(), name="api_rescoring_list"),
    path("rescorings/<int:pk>/", rescorings.RescoringDetail.as_view(), name="api_rescoring_detail"),
    path(
        "rescorings/<int:pk>/cancel/",
        rescorings.RescoringCancel.as_view(),
        name="api_rescoring_cancel",
    ),
    path("queue/", queue.QueueOverview.as_view(), name="api_queue"),
    path("runs/", runs.RunList.as_view(), name="api_run_list"),
    path("runs/<int:pk>/", runs.RunDetail.as_view(), name="api_run_detail"),
    path("runs/<int:pk>/cancel/", runs.RunCancel.as_view(), name="api_run_cancel"),
    path("runs/<int:pk>/retry/", runs.RunRetry.as_view(), name="api_run_retry"),
    path("runs/<int:pk>/vote/", runs.RunVote.as_view(), name="api_run_vote"),
    path("runs/<int:pk>/replicate/", runs.RunReplicate.as_view(), name="api_run_replicate"),
    path("scores/", scores.ScoreList.as_view(), name="api_score_list"),
    path("scores/<int:pk>/", scores.ScoreDetail.as_view(), name="api_score_detail"),
    path("scores/<int:pk>/answers/", answers.ScoreAnswers.as_view(), name="api_score_answers"),
    path(
        "scores/<int:pk>/answers/<int:index>/",
        answers.ScoreAnswer.as_view(),
        name="api_score_answer",
    ),
    path(
        "scores/<int:pk>/answers.parquet", answers.ScoreParquet.as_view(), name="api_score_parquet"
    ),
    path("scores/<int:pk>/answers.jsonl", answers.ScoreJsonLines.as_view(), name="api_score_jsonl"),
    path("uploads/", uploads.UploadList.as_view(), name="api_upload_list"),
    path("uploads/<int:pk>/", uploads.UploadDetail.as_view(), name="api_upload_detail"),
    path(
        "checkpoints/<int:pk>/uploads/",
        uploads.CheckpointUploads.as_view(),
        name="api_checkpoint_uploads",
    ),
    path("workers/", workers.WorkerList.as_view(), name="api_worker_list"),
    path("workers/<int:pk>/", workers.WorkerDetail.as_view(), name="api_worker_detail"),
    path("workers/<int:pk>/drain/", workers.WorkerDrain.as_view(), name="api_worker_drain"),
    path("runs/<int:pk>/priority/", runs.RunPriority.as_view(), name="api_run_priority"),
    path("claims/", claims.ClaimList.as_view(), name="api_claim_list"),
    path("claims/<int:pk>/", claims.ClaimDetail.as_view(), name="api_claim_detail"),
    path("boards/", boards.BoardList.as_view(), name="api_board_list"),
    path("boards/<slug:slug>/", boards.BoardDetail.as_view(), name="api_board_detail"),
    path("boards/<slug:slug>/standings/", boards.StandingList.as_view(), name="api_standing_list"),
    path(
        "boards/<slug:slug>/v<int:version>/",
        boards.BoardVersion.as_view(),
        name="api_board_version",
    ),
    path(
        "boards/<slug:slug>/v<int:version>/standings/",
        boards.VersionStandingList.as_view(),
        name="api_board_version_standings",
    ),
]
