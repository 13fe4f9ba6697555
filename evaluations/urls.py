"""Pages about measuring: boards, benchmarks, recipes, runs."""

from django.urls import path

from evaluations.views import (
    answers,
    benchmarks,
    boards,
    claims,
    recipes,
    reports,
    rescorings,
    runs,
    uploads,
    workers,
)

urlpatterns = [
    path("boards/", boards.board_list, name="board_list"),
    path("boards/<slug:slug>/", boards.board_detail, name="board_detail"),
    path("boards/<slug:slug>/v<int:version>/", boards.board_detail, name="board_version"),
    path("benchmarks/", benchmarks.benchmark_list, name="benchmark_list"),
    path("benchmarks/<slug:slug>/", benchmarks.benchmark_detail, name="benchmark_detail"),
    path(
        "benchmarks/<slug:slug>/v<str:version>/<str:part>.jsonl",
        benchmarks.benchmark_data,
        name="benchmark_data",
    ),
    path("recipes/<str:digest>/", recipes.recipe_detail, name="recipe_detail"),
    path("recipes/<str:digest>/rescore/", rescorings.recipe_rescore, name="recipe_rescore"),
    path("rescorings/", rescorings.rescoring_list, name="rescoring_list"),
    path("rescorings/<int:pk>/", rescorings.rescoring_detail, name="rescoring_detail"),
    path("rescorings/<int:pk>/cancel/", rescorings.rescoring_cancel, name="rescoring_cancel"),
    path("checkpoints/<int:pk>/measure/", reports.checkpoint_measure, name="checkpoint_measure"),
    path("checkpoints/<int:pk>/upload/", uploads.upload_new, name="upload_new"),
    path("uploads/", uploads.upload_list, name="upload_list"),
    path("uploads/<int:pk>/", uploads.upload_detail, name="upload_detail"),
    path("uploads/<int:pk>/<str:name>", uploads.upload_file, name="upload_file"),
    path("workers/", workers.worker_list, name="worker_list"),
    path("workers/<int:pk>/", workers.worker_detail, name="worker_detail"),
    path("workers/<int:pk>/drain/", workers.worker_drain, name="worker_drain"),
    path("runs/<int:pk>/priority/", runs.run_prioritise, name="run_prioritise"),
    path("claims/", claims.claim_list, name="claim_list"),
    path("claims/<int:pk>/", claims.claim_detail, name="claim_detail"),
    path("scores/<int:pk>/answers/", answers.score_answers, name="score_answers"),
    path("scores/<int:pk>/answers/<int:index>/", answers.score_answer, name="score_answer"),
    path("runs/", runs.run_list, name="run_list"),
    path("runs/<int:pk>/", runs.run_detail, name="run_detail"),
    path("runs/<int:pk>/vote/", runs.run_vote, name="run_vote"),
    path("runs/<int:pk>/cancel/", runs.run_cancel, name="run_cancel"),
    path("runs/<int:pk>/retry/", runs.run_retry, name="run_retry"),
    path("runs/<int:pk>/replicate/", runs.run_replicate, name="run_replicate"),
]
