"""The ground that everything stands on: local servers, images, cloud."""
